"""`textlogin clients …`: registers web apps. Running processes see changes within 10 seconds."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer
from msgspec.structs import replace

from bot.records import CodeEntry
from storage.clients import ClientExists, RegisteredClient, RotationUnderWay, digest
from webhooks.cli import client_callbacks
from webhooks.cli.client_callbacks import iso, now
from webhooks.cli.client_options import (
    Accept,
    CallbackUrl,
    Entry,
    Name,
    Origin,
    ReturnTo,
    accepted_bindings,
    check,
    check_name,
    check_places,
)
from webhooks.cli.client_store import Target, get, target
from webhooks.cli.output import fail
from webhooks.clients.authentication import BINDINGS
from webhooks.clients.callback_secrets import CallbackSecrets, new_secret
from webhooks.settings import Settings

app = typer.Typer(
    help="Register web apps: their keys, callbacks and accepted bindings.", no_args_is_help=True
)

_DEFAULT_ACCEPT = "sms_reply_ref,browser_code"

Demo = Annotated[bool, typer.Option("--demo", help="Act on the demo in the working directory.")]
Finish = Annotated[bool, typer.Option(help="End the old key and secret instead of making one.")]
Secret = Annotated[bool, typer.Option("--secret", help="The callback secret, not the key.")]
NewEntry = Annotated[CodeEntry | None, typer.Option(help="page or reply.")]
NewAccept = Annotated[
    str | None, typer.Option(help=f"Bindings, comma-separated: {', '.join(BINDINGS)}.")
]


@app.callback()
def choose(context: typer.Context, demo: Demo = False) -> None:
    """Register web apps: their keys, callbacks and accepted bindings."""
    context.obj = Target(demo=demo)


@app.command()
def add(
    context: typer.Context,
    name: Name,
    origin: Origin = None,
    callback_url: CallbackUrl = None,
    return_to: ReturnTo = None,
    code_entry: Entry = "page",
    accept: Accept = _DEFAULT_ACCEPT,
) -> None:
    """Register a web app. Its API key and callback secret are shown once."""
    chosen = target(context)
    check_name(name)
    check_places(origin, callback_url, return_to, demo=chosen.demo)
    accepted = accepted_bindings(accept, code_entry)
    settings = chosen.settings()
    check(name not in settings.api_keys, f"{name} is already in API_KEYS")
    key, secret = _new_key(), new_secret()
    client = RegisteredClient(
        name=name,
        key=digest(key),
        previous_key=None,
        origin=origin,
        callback_url=callback_url,
        return_to=return_to,
        code_entry=code_entry,
        accept=accepted,
        callback_secret=_seal(settings, secret),
        created_at=now(),
    )
    with chosen.store(settings) as store:
        try:
            store.add(client)
        except ClientExists:
            fail(f"There is already a web app {name}. See: textlogin clients show {name}")
    typer.echo(f"API key (shown once):         {key}")
    typer.echo(f"Callback secret (shown once): {secret}")


@app.command()
def edit(
    context: typer.Context,
    name: Name,
    origin: Origin = None,
    callback_url: CallbackUrl = None,
    return_to: ReturnTo = None,
    code_entry: NewEntry = None,
    accept: NewAccept = None,
) -> None:
    """Change a web app. What is not given stays; an empty value removes an origin or a URL."""
    chosen = target(context)
    check_places(origin, callback_url, return_to, demo=chosen.demo)
    places = {"origin": origin, "callback_url": callback_url, "return_to": return_to}
    changes = {field: value or None for field, value in places.items() if value is not None}
    check(changes or code_entry or accept is not None, "Say what to change, see --help")
    with chosen.store() as store:
        client = replace(get(store, name), **changes)
        entry = code_entry or client.code_entry
        accepted = accepted_bindings(client.accept if accept is None else accept, entry)
        store.edit(replace(client, code_entry=entry, accept=accepted))
    typer.echo(f"Changed {name}. See: textlogin clients show {name}", err=True)


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the registered web apps."""
    with target(context).store() as store:
        clients = store.all()
    for client in clients:
        typer.echo(f"{client.name:<40} {client.code_entry:<6} {client.accept}")
    if not clients:
        typer.echo("There are no web apps. Add one: textlogin clients add NAME", err=True)


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """Show one web app, without its keys and secrets: they are not stored in readable form."""
    with target(context).store() as store:
        client = get(store, name)
    rows = {
        "name": client.name,
        "created": iso(client.created_at),
        "keys": _count(client.previous_key),
        "secrets": _count(client.previous_callback_secret),
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
    context: typer.Context, name: Name, secret: Secret = False, finish: Finish = False
) -> None:
    """Make a new key, or with --secret a new callback secret. The old one works until
    `rotate NAME --finish`; until then there is no other rotation."""
    chosen = target(context)
    settings = chosen.settings()
    made = None if finish else new_secret() if secret else _new_key()
    with chosen.store(settings) as store:
        get(store, name)
        try:
            if made is None:
                store.finish_rotation(name, key=not secret)
            elif secret:
                store.rotate_secret(name, _seal(settings, made))
            else:
                store.rotate_key(name, digest(made))
        except RotationUnderWay:
            what = "callback secrets" if secret else "keys"
            fail(f"{name} has two {what}. First: textlogin clients rotate {name} --finish")
    _tell_rotation(name, made, secret=secret)


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove a web app. Its keys stop working; its verifications stay."""
    with target(context).store() as store:
        get(store, name)
        store.remove(name)
    typer.echo(f"Removed {name}.", err=True)


app.command()(client_callbacks.callbacks)
app.command()(client_callbacks.test)


def _tell_rotation(name: str, made: str | None, *, secret: bool) -> None:
    what = "callback secret" if secret else "API key"
    if made is None:
        typer.echo(f"Only the newest {what} of {name} works now.", err=True)
        return
    typer.echo(f"New {what} (shown once): {made}")
    until = f"textlogin clients rotate {name} --finish"
    still = "Callbacks are signed with the old one too" if secret else "The old one works"
    typer.echo(f"{still} until: {until}", err=True)


def _count(previous: str | None) -> str:
    return "two, during a rotation" if previous else "one"


def _seal(settings: Settings, secret: str) -> str:
    return CallbackSecrets(settings.policy().secrets).seal(secret)


def _new_key() -> str:
    return f"tl_{secrets.token_urlsafe(32)}"
