"""`textlogin clients …`: registers web apps. Running processes see changes within 10 seconds."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.records import Binding, CodeEntry
from storage.causes import describe
from storage.clients import ClientExists, ClientStore, NoSuchClient, RegisteredClient, digest
from storage.database import Database
from storage.tables import CallbackRow
from webhooks.cli.output import fail
from webhooks.clients.authentication import BINDINGS
from webhooks.clients.callback_secrets import CallbackSecrets, new_secret
from webhooks.setting_types import CLIENT_NAME, ORIGIN
from webhooks.settings import Settings, load

app = typer.Typer(
    help="Register web apps: their keys, callbacks and accepted bindings.", no_args_is_help=True
)

_URL = re.compile(r"https://[^\s/]+(/\S*)?")
_DEFAULT_ACCEPT = "sms_reply_ref,browser_code"

Name = Annotated[str, typer.Argument(help="The web app's name: a-z, 0-9, - and _.")]
Origin = Annotated[
    str | None,
    typer.Option(
        help="https origin of its pages, which may call the API. Texts whose codes are entered on "
        "a page end with its host."
    ),
]
CallbackUrl = Annotated[
    str | None, typer.Option(help="https URL that final statuses are posted to.")
]
ReturnTo = Annotated[str | None, typer.Option(help="https URL that its users return to.")]
Entry = Annotated[
    CodeEntry, typer.Option(help="Default for where codes are entered: page or reply.")
]
Accept = Annotated[
    str, typer.Option(help=f"Accepted bindings, comma-separated: {', '.join(BINDINGS)}.")
]
Finish = Annotated[bool, typer.Option(help="End the old key instead of making a new one.")]
Replay = Annotated[str | None, typer.Option(help="Id of a callback to send again now.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Callbacks to list, newest first.")]


@app.command()
def add(
    name: Name,
    origin: Origin = None,
    callback_url: CallbackUrl = None,
    return_to: ReturnTo = None,
    code_entry: Entry = "page",
    accept: Accept = _DEFAULT_ACCEPT,
) -> None:
    """Register a web app. Its API key and callback secret are shown once."""
    _check(CLIENT_NAME.fullmatch(name), "NAME must be 1 to 40 characters: a-z, 0-9, - and _")
    _check(origin is None or ORIGIN.fullmatch(origin), "--origin must be like https://app.example")
    for option, url in (("--callback-url", callback_url), ("--return-to", return_to)):
        _check(url is None or _URL.fullmatch(url), f"{option} must be an https URL")
    accepted = _accepted_bindings(accept, code_entry)
    settings = load()
    _check(name not in settings.api_keys, f"{name} is already in API_KEYS")
    key, secret = _new_key(), new_secret()
    _add(
        settings,
        RegisteredClient(
            name=name,
            key=digest(key),
            previous_key=None,
            origin=origin,
            callback_url=callback_url,
            return_to=return_to,
            code_entry=code_entry,
            accept=",".join(accepted),
            callback_secret=CallbackSecrets(settings.policy().secrets).seal(secret),
            created_at=_now(),
        ),
    )
    typer.echo(f"API key (shown once):         {key}")
    typer.echo(f"Callback secret (shown once): {secret}")


@app.command("list")
def list_() -> None:
    """List the registered web apps."""
    with _database_errors():
        clients = _store().all()
    for client in clients:
        typer.echo(f"{client.name:<40} {client.code_entry:<6} {client.accept}")
    if not clients:
        typer.echo("There are no web apps. Add one: textlogin clients add NAME", err=True)


@app.command()
def show(name: Name) -> None:
    """Show one web app, without its keys and secret: they are not stored in readable form."""
    with _database_errors():
        client = _get(_store(), name)
    rows = {
        "name": client.name,
        "created": _time(client.created_at),
        "keys": "two, during a rotation" if client.previous_key else "one",
        "origin": client.origin or "-",
        "callback URL": client.callback_url or "-",
        "return to": client.return_to or "-",
        "code entry": client.code_entry,
        "accepts": client.accept,
    }
    for label, value in rows.items():
        typer.echo(f"{label:<13} {value}")


@app.command()
def rotate(name: Name, finish: Finish = False) -> None:
    """Make a new key; the old one works until `rotate NAME --finish`."""
    key = None if finish else _new_key()
    with _database_errors():
        store = _store()
        _get(store, name)
        store.rotate(name, digest(key) if key else None)
    if key:
        typer.echo(f"New API key (shown once): {key}")
        typer.echo(f"The old key works until: textlogin clients rotate {name} --finish", err=True)
    else:
        typer.echo(f"Only the newest key of {name} works now.", err=True)


@app.command()
def remove(name: Name) -> None:
    """Remove a web app. Its keys stop working; its verifications stay."""
    with _database_errors():
        store = _store()
        _get(store, name)
        store.remove(name)
    typer.echo(f"Removed {name}.", err=True)


@app.command()
def callbacks(name: Name, replay: Replay = None, limit: Limit = 20) -> None:
    """List a web app's callbacks, or send one again, which also re-enables its URL."""
    with _database_errors():
        store = _store()
        _get(store, name)
        if replay is None:
            for row in store.callbacks(name, limit):
                typer.echo(_callback_line(row))
            return
        if not store.replay(name, replay, _now()):
            fail(f"{name} has no callback {replay}.")
    typer.echo(f"Sending {replay} again.", err=True)


def _store(settings: Settings | None = None) -> ClientStore:
    return ClientStore(Database((settings or load()).database_url))


def _add(settings: Settings, client: RegisteredClient) -> None:
    with _database_errors():
        try:
            _store(settings).add(client)
        except ClientExists:
            fail(
                f"There is already a web app {client.name}. "
                f"See: textlogin clients show {client.name}"
            )


def _get(store: ClientStore, name: str) -> RegisteredClient:
    try:
        return store.get(name)
    except NoSuchClient:
        fail(f"There is no web app {name}. See: textlogin clients list")


def _accepted_bindings(accept: str, code_entry: CodeEntry) -> list[Binding]:
    wanted = [binding.strip() for binding in accept.split(",")]
    _check(set(wanted) <= set(BINDINGS), f"--accept must be of {', '.join(BINDINGS)}")
    needed = "browser_code" if code_entry == "page" else "sms_reply_ref"
    _check(needed in wanted, f"--code-entry {code_entry} needs --accept {needed}")
    return [binding for binding in BINDINGS if binding in wanted]


def _callback_line(row: CallbackRow) -> str:
    tries = "1 try" if row.tries == 1 else f"{row.tries} tries"
    return (
        f"{row.id}  {_time(row.created_at)}  {row.type:<34} {row.state:<9} {tries}"
        f"  {row.answer or '-'}  {row.url}"
    )


def _new_key() -> str:
    return f"tl_{secrets.token_urlsafe(32)}"


def _now() -> int:
    return int(time.time() * 1000)


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _check(valid: object, message: str) -> None:
    if not valid:
        raise typer.BadParameter(message)


@contextmanager
def _database_errors() -> Iterator[None]:
    """Exit with a short message instead of a traceback."""
    try:
        yield
    except SQLAlchemyError as error:
        fail(f"Database error: {describe(error)}. Did you run `textlogin migrate`?")
