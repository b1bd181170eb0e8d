"""`textlogin send-test`: one real text, and what becomes of it."""

from __future__ import annotations

import time
import uuid
from contextlib import closing
from typing import NamedTuple

import typer

from bot.phone import canonical
from bot.telnyx_cures import explain
from webhooks.cli.output import fail
from webhooks.cli.telnyx_side import TelnyxSide, Unreadable
from webhooks.settings import load

#: How long its receipt is waited for, and how often Telnyx is asked, in seconds.
PATIENCE_S = 30.0
_EVERY_S = 1.0
_FAILED = ("sending_failed", "delivery_failed", "expired")
_ENDED = (*_FAILED, "delivered", "delivery_unconfirmed")
#: Without digits, which could be taken for a code.
_TEXT = "{app}: test of our texts. Nothing to do. Reply STOP to end texts."


class _Status(NamedTuple):
    status: str
    code: str | None


def send_test(phone: str) -> None:
    """Send it from the first number and print each status. Exits with 1 if it fails."""
    settings = load()
    to = canonical(phone, settings.default_region)
    if to is None:
        raise typer.BadParameter(f"{phone} is no phone number", param_hint="PHONE")
    number = settings.telnyx_phone_number[0]
    typer.echo(f"Sending a text from {number} to {to}.")
    try:
        with closing(TelnyxSide(settings)) as side:
            id = _send(side, number, to, _TEXT.format(app=settings.app_name))
            found = _follow(side, id)
    except Unreadable as error:
        fail(f"The text was not sent. {error}")
    _conclude(found)


def _send(side: TelnyxSide, number: str, to: str, text: str) -> str:
    key = str(uuid.uuid4())
    sent = side.call(
        lambda: side.sdk.messages.send(from_=number, to=to, text=text, idempotency_key=key)
    )
    if sent.data is None or not sent.data.id:
        raise Unreadable("Telnyx's answer has no id.")
    return sent.data.id


def _follow(side: TelnyxSide, id: str) -> _Status:
    """Print each new status, until the last one or for `PATIENCE_S`."""
    deadline, known = time.monotonic() + PATIENCE_S, ""
    while True:
        found = _read(side, id)
        if found.status != known:
            known = found.status
            typer.echo(f"Status: {known}")
        if known in _ENDED or time.monotonic() >= deadline:
            return found
        time.sleep(_EVERY_S)


def _read(side: TelnyxSide, id: str) -> _Status:
    message = side.call(lambda: side.sdk.messages.retrieve(id)).data
    if message is None or message.direction != "outbound" or not message.to:
        return _Status("unknown", None)
    errors = message.errors
    return _Status(message.to[0].status or "unknown", errors[0].code if errors else None)


def _conclude(found: _Status) -> None:
    if found.code is not None:
        typer.echo(explain(found.code))
    if found.status in _FAILED:
        raise typer.Exit(1)
    if found.status == "delivered":
        typer.echo("The text was delivered.")
    else:
        typer.echo("The carrier has not confirmed the delivery. Look at the phone.")
