"""`textlogin forget PHONE`: deletes what the service knows about a phone."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import typer

from bot.commands import PhoneForgotten, RowsPurged
from bot.phone import canonical
from bot.records import TABLES
from storage.purge import describe
from webhooks.cli.access import Access, run
from webhooks.cli.output import fail
from webhooks.clients import own_key
from webhooks.clients.callback_secrets import CallbackSecrets, DecryptionFailed

_PAGE = 1000
PhoneNumber = Annotated[
    str, typer.Argument(metavar="PHONE", help="The phone's number. Without + of DEFAULT_REGION.")
]


def forget(phone: PhoneNumber) -> None:
    """Delete everything about a phone, except a keyed hash for its opt-out."""
    found, is_opted_out = run(lambda access: _forget(access, phone))
    typer.echo(f"Deleted: {describe(found)}.")
    if is_opted_out:
        typer.echo("That it has opted out is still known, as a hash.")


async def _forget(access: Access, typed: str) -> tuple[Counter[str], bool]:
    settings, submit = access.settings, access.writer.submit
    phone = canonical(typed, settings.default_region)
    if phone is None:
        raise typer.BadParameter(f"{typed} is not a phone number")
    try:
        keys = CallbackSecrets(settings.policy().secrets)
        hashes = await own_key.make(access.reader, submit, keys)
    except DecryptionFailed:
        fail("No SECRET_KEY decrypts the service's own key. Add the secret key that was removed.")
    pairs = await access.reader.find("conversations", "phone", phone)
    numbers = {*settings.telnyx_phone_number, *(pair.number for pair in pairs)}
    found = Counter(phones=len(await access.reader.find("phones", "phone", phone)))
    found["conversations"] = len(pairs)
    for table, rows in (await _rows_about(access, phone)).items():
        found[table] = len(rows)
        for start in range(0, len(rows), _PAGE):
            await submit(RowsPurged(table, tuple(rows[start : start + _PAGE]), 0))
    await submit(PhoneForgotten(phone, {number: hashes.of(phone, number) for number in numbers}))
    is_opted_out = any(pair.opted_out_at or pair.own_stop_at for pair in pairs)
    return found, is_opted_out


async def _rows_about(access: Access, phone: str) -> dict[str, list[str]]:
    """The keys of the rows about a phone, by table. Those that lead to others come last."""
    verifications = {one.id for one in await access.reader.find("verifications", "phone", phone)}
    messages, sent = list[str](), set[str | None]()
    async for one in _matching(access, "messages", lambda one: one.phone == phone):
        messages.append(one.id)
        sent.add(one.provider_id)
    sent.discard(None)
    names = {
        "callbacks": lambda one: one.verification_id in verifications,
        "idempotent_requests": lambda one: one.verification_id in verifications,
        "events": lambda one: one.message_id in sent,
    }
    found = {
        table: [
            getattr(one, TABLES[table].key[0]) async for one in _matching(access, table, wanted)
        ]
        for table, wanted in names.items()
    }
    return {**found, "messages": messages, "verifications": sorted(verifications)}


async def _matching(
    access: Access, table: str, wanted: Callable[[Any], bool]
) -> AsyncIterator[Any]:
    """The rows of a table that has no index for this, read in pages."""
    after, key = "", TABLES[table].key[0]
    while rows := await access.reader.page(table, after, _PAGE):
        for one in rows:
            if wanted(one):
                yield one
        after = getattr(rows[-1], key)
