"""`textlogin clients callbacks` and `clients test`: what a web app is told."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from storage.tables import CallbackRow
from webhooks.cli.client_options import Name
from webhooks.cli.client_store import get, target
from webhooks.cli.output import fail
from webhooks.clients.callback_secrets import CallbackSecrets, DecryptionFailed

Replay = Annotated[str | None, typer.Option(help="Id of a callback to send again now.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Callbacks to list, newest first.")]


def callbacks(context: typer.Context, name: Name, replay: Replay = None, limit: Limit = 20) -> None:
    """List a web app's callbacks, or send one again, which also re-enables its URL."""
    with target(context).store() as store:
        get(store, name)
        if replay is None:
            for row in store.callbacks(name, limit):
                typer.echo(_line(row))
            return
        if not store.replay(name, replay, now()):
            fail(f"{name} has no callback {replay}.")
    typer.echo(f"Sending {replay} again.", err=True)


def test(context: typer.Context, name: Name) -> None:
    """Post a signed textlogin.test event to its callback URL now, and print the answer.

    Exits with 1 unless the answer is 2xx.
    """
    from webhooks.clients.trial import NotCalled, try_callback

    chosen = target(context)
    settings = chosen.settings()
    with chosen.store(settings) as store:
        client = get(store, name)
    if client.callback_url is None:
        fail(f"{name} has no callback URL. See: textlogin clients edit {name} --callback-url URL")
    sealed = filter(None, (client.callback_secret, client.previous_callback_secret))
    try:
        opened = list(map(CallbackSecrets(settings.policy().secrets).open, sealed))
        call = try_callback(client.callback_url, name, opened, anywhere=chosen.demo)
        answer = asyncio.run(call)
    except DecryptionFailed:
        fail(f"The callback secret of {name} needs an older SECRET_KEY.")
    except NotCalled as error:
        fail(f"{client.callback_url} was not called: {error}")
    typer.echo(f"{client.callback_url} answered {answer.status} {answer.reason}".rstrip())
    if answer.beginning:
        typer.echo(answer.beginning)
    if not 200 <= answer.status < 300:
        raise typer.Exit(1)


def now() -> int:
    """Milliseconds since the epoch."""
    return int(time.time() * 1000)


def iso(at: int) -> str:
    """Milliseconds since the epoch, for people."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _line(row: CallbackRow) -> str:
    tries = "1 try" if row.tries == 1 else f"{row.tries} tries"
    return (
        f"{row.id}  {iso(row.created_at)}  {row.type:<34} {row.state:<9} {tries}"
        f"  {row.answer or '-'}  {row.url}"
    )
