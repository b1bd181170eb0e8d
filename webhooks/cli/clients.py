"""`textlogin clients …`: web apps as records, which running processes see within ten seconds."""

from __future__ import annotations

import re
import secrets
import time
from datetime import UTC, datetime
from typing import Annotated, NoReturn

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.records import CodeEntry
from storage.clients import ClientExists, ClientStore, NoSuchClient, RegisteredClient, digest
from storage.database import Database
from webhooks.clients.authentication import BINDINGS
from webhooks.clients.callback_secrets import CallbackSecrets, new_secret
from webhooks.settings import CLIENT_NAME, ORIGIN, Settings, load

app = typer.Typer(
    help="Web apps: their keys, callbacks and what they accept.", no_args_is_help=True
)

_URL = re.compile(r"https://[^\s/]+(/\S*)?")
_DEFAULT_ACCEPT = "sms_reply_ref,browser_code"

Name = Annotated[str, typer.Argument(help="The web app's name: a-z, 0-9, - and _.")]


@app.command()
def add(
    name: Name,
    origin: Annotated[
        str | None, typer.Option(help="https origin of its pages: may poll, ends page codes.")
    ] = None,
    callback_url: Annotated[
        str | None, typer.Option(help="https URL that final statuses are posted to.")
    ] = None,
    return_to: Annotated[str | None, typer.Option(help="https URL its users come back to.")] = None,
    code_entry: Annotated[
        CodeEntry, typer.Option(help="Where codes are given back unless it says: page or reply.")
    ] = "page",
    accept: Annotated[
        str, typer.Option(help=f"Bindings it accepts, comma-separated of {', '.join(BINDINGS)}.")
    ] = _DEFAULT_ACCEPT,
) -> None:
    """Register a web app. Its key and callback secret are shown once."""
    _check(CLIENT_NAME.fullmatch(name), "NAME must be 1 to 40 of a-z, 0-9, - and _")
    _check(origin is None or ORIGIN.fullmatch(origin), "--origin must be like https://app.example")
    for option, url in (("--callback-url", callback_url), ("--return-to", return_to)):
        _check(url is None or _URL.fullmatch(url), f"{option} must be an https URL")
    accepted = _accepted(accept)
    needed = "browser_code" if code_entry == "page" else "sms_reply_ref"
    _check(needed in accepted, f"--code-entry {code_entry} needs --accept {needed}")
    settings = load()
    _check(name not in settings.api_keys, f"API_KEYS names {name} already")
    key, secret = _new_key(), new_secret()
    client = RegisteredClient(
        name,
        digest(key),
        None,
        origin,
        callback_url,
        return_to,
        code_entry,
        ",".join(accepted),
        CallbackSecrets(settings.policy().secrets).seal(secret),
        int(time.time() * 1000),
    )
    try:
        _store(settings).add(client)
    except ClientExists:
        _fail(f"There is a web app {name} already. See: textlogin clients show {name}")
    except SQLAlchemyError as error:
        _fail_database(error)
    typer.echo(f"API key (shown once):         {key}")
    typer.echo(f"Callback secret (shown once): {secret}")


@app.command("list")
def list_() -> None:
    """List the registered web apps."""
    try:
        clients = _store(load()).all()
    except SQLAlchemyError as error:
        _fail_database(error)
    for client in clients:
        typer.echo(f"{client.name:<40} {client.code_entry:<6} {client.accept}")
    if not clients:
        typer.echo("None yet. Add one: textlogin clients add NAME", err=True)


@app.command()
def show(name: Name) -> None:
    """Show one web app. Keys and secrets are not kept in a form that could be shown."""
    client = _find(_store(load()), name)
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
def rotate(
    name: Name,
    finish: Annotated[bool, typer.Option(help="End the old key; no new one is made.")] = False,
) -> None:
    """Make a new key beside the old one; then, with --finish, end the old one."""
    key = None if finish else _new_key()
    store = _store(load())
    _find(store, name)
    try:
        store.rotate(name, digest(key) if key else None)
    except SQLAlchemyError as error:
        _fail_database(error)
    if key:
        typer.echo(f"New API key (shown once): {key}")
        typer.echo(f"The old one works until: textlogin clients rotate {name} --finish", err=True)
    else:
        typer.echo(f"Only the newest key of {name} works now.", err=True)


@app.command()
def remove(name: Name) -> None:
    """Remove a web app: its keys stop working, its verifications stay."""
    store = _store(load())
    _find(store, name)
    try:
        store.remove(name)
    except SQLAlchemyError as error:
        _fail_database(error)
    typer.echo(f"{name} is removed.", err=True)


@app.command()
def callbacks(
    name: Name,
    replay: Annotated[str | None, typer.Option(help="Send this callback again, now.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
) -> None:
    """List a web app's callbacks, or send one again (which enables its URL)."""
    store = _store(load())
    _find(store, name)
    try:
        if replay is not None:
            if not store.replay(name, replay, int(time.time() * 1000)):
                _fail(f"{name} has no callback {replay}")
            typer.echo(f"{replay} goes out again.", err=True)
            return
        for row in store.callbacks(name, limit):
            tries = f"{row.tries} tries" if row.tries != 1 else "1 try"
            typer.echo(
                f"{row.id}  {_time(row.created_at)}  {row.type:<34} {row.state:<9} {tries}"
                f"  {row.answer or '-'}  {row.url}"
            )
    except SQLAlchemyError as error:
        _fail_database(error)


def _store(settings: Settings) -> ClientStore:
    return ClientStore(Database(settings.database_url))


def _find(store: ClientStore, name: str) -> RegisteredClient:
    try:
        return store.get(name)
    except NoSuchClient:
        _fail(f"There is no web app {name}. See: textlogin clients list")
    except SQLAlchemyError as error:
        _fail_database(error)


def _accepted(accept: str) -> list[str]:
    wanted = [binding.strip() for binding in accept.split(",")]
    _check(set(wanted) <= set(BINDINGS), f"--accept takes {', '.join(BINDINGS)}, comma-separated")
    return [binding for binding in BINDINGS if binding in wanted]


def _new_key() -> str:
    return f"tl_{secrets.token_urlsafe(32)}"


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _check(holds: object, message: str) -> None:
    if not holds:
        raise typer.BadParameter(message)


def _fail_database(error: SQLAlchemyError) -> NoReturn:
    _fail(f"The database refuses ({type(error).__name__}). Has `textlogin migrate` been run?")


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
