"""`textlogin secrets …`: what a new SECRET_KEY needs."""

from __future__ import annotations

import typer

from bot.commands import OwnValueSet
from storage.clients import ClientStore
from storage.database import Database
from webhooks.cli.access import Access, run
from webhooks.cli.output import fail
from webhooks.clients.callback_secrets import CallbackSecrets, DecryptionFailed
from webhooks.clients.old_keys import what_needs_old_keys
from webhooks.clients.own_key import OWN_KEY

app = typer.Typer(help="Move what is stored to a new SECRET_KEY.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Move what is stored to a new SECRET_KEY."""


@app.command()
def reseal() -> None:
    """Encrypt what is stored under the newest SECRET_KEY, so that older ones can be removed."""
    moved, left = run(_reseal)
    typer.echo(f"Encrypted under the newest SECRET_KEY: {', '.join(moved) or 'nothing to do'}.")
    if left:
        fail(f"No SECRET_KEY decrypts {', '.join(left)}. Make new ones: textlogin clients rotate")
    typer.echo(
        "The older keys can be removed two hours after all processes use it first.", err=True
    )


async def _reseal(access: Access) -> tuple[list[str], list[str]]:
    """What was moved, and what no key decrypts."""
    keys = CallbackSecrets(access.settings.policy().secrets)
    before = await _old(access, keys)
    ClientStore(Database(access.settings.database_url)).reseal(lambda one: _resealed(keys, one))
    own_key = await access.reader.own_value(OWN_KEY)
    if own_key is not None and (moved := _resealed(keys, own_key)) != own_key:
        await access.writer.submit(OwnValueSet(OWN_KEY, moved, instead_of=own_key))
    left = await _old(access, keys)
    return [name for name in before if name not in left], left


async def _old(access: Access, keys: CallbackSecrets) -> list[str]:
    clients = await access.reader.clients()
    return what_needs_old_keys(clients, await access.reader.own_value(OWN_KEY), keys)


def _resealed(keys: CallbackSecrets, sealed: str) -> str:
    """Unchanged if no key decrypts it."""
    try:
        return keys.reseal(sealed)
    except DecryptionFailed:
        return sealed
