"""The command line: `textlogin …`, also `python -m webhooks …`.

Exit status: 2 for wrong usage, 1 for a failure, 78 for missing or invalid settings.
"""

from __future__ import annotations

import logging
import re
from typing import Annotated

import psycopg
import typer
from sqlalchemy.exc import SQLAlchemyError

from storage import migrate as migrations
from storage import pooler
from storage.causes import describe
from storage.database import Database, DatabaseInUse
from storage.pooler import UnfitPooler
from webhooks import setting_names
from webhooks.cli import backup, clients, forget, purge, secrets, support, telnyx_commands
from webhooks.cli.output import fail
from webhooks.settings import EXIT_CONFIG, Settings, load

log = logging.getLogger("textlogin")

app = typer.Typer(
    help="Phone login by text message. Settings are environment variables, see .env.example.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(clients.app, name="clients")
app.add_typer(secrets.app, name="secrets")
telnyx_commands.register(app)

Host = Annotated[
    str | None, typer.Option(help="Address to listen on. Default: HOST, or 127.0.0.1.")
]
Port = Annotated[
    int | None,
    typer.Option(min=1, max=65535, help="Port to listen on. Default: PORT, or 8000."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=64,
        help="Processes; more than 1 needs PostgreSQL. Default: WEB_CONCURRENCY, or 1.",
    ),
]
Migrate = Annotated[
    bool, typer.Option("--migrate", help="First create or update the database's tables.")
]
Number = Annotated[str, typer.Option(help="The phone's number, E.164.")]
Url = Annotated[str, typer.Option(help="URL of the running demo.")]
Locale = Annotated[str | None, typer.Option(help="Only this language: en, es, fr, de or pt.")]
Kind = Annotated[str | None, typer.Option(help="Only this kind of text, for example code_page.")]

Samples = Annotated[
    bool,
    typer.Option(
        "--samples",
        help="Print what 10DLC and toll-free registration ask for instead: samples, keywords, "
        "message flow.",
    ),
]


_AHEAD = (
    "The database is at revision {}, which this version does not know: a newer one has migrated "
    "it. It stays as it is, and this version works with it while the newer one is rolled out. "
    "Otherwise install the newer version, or restore a backup from before."
)


def _http_url(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise typer.BadParameter("must be an http or https URL")
    return value


WebhookUrl = Annotated[
    str | None,
    typer.Option(
        callback=_http_url,
        help="Where the stand-in sends all webhooks instead of to the service: another app.",
    ),
]

NoOpen = Annotated[
    bool,
    typer.Option("--no-open", help="Don't open the sandbox in a browser, also on a desktop."),
]


@app.command()
def serve(
    host: Host = None, port: Port = None, workers: Workers = None, migrate: Migrate = False
) -> None:
    """Run the service: Telnyx's webhooks and the API for web apps."""
    import uvicorn

    from webhooks.ops import logs
    from webhooks.ops.descriptors import raise_limit
    from webhooks.ops.server import OPTIONS

    settings = load()
    logs.configure(settings.log_format, settings.log_level)
    setting_names.warn_once()
    host, port = host or settings.host, port or settings.port
    workers = workers or settings.web_concurrency
    _check_workers(settings, workers)
    _check_database(settings)
    if migrate:
        _migrate(settings)
    _check_revision(settings)
    raise_limit()
    typer.echo(f"Textlogin serves on http://{host}:{port} with {workers} process(es).", err=True)
    uvicorn.run(
        "webhooks.app:create_app", factory=True, host=host, port=port, workers=workers, **OPTIONS
    )


@app.command()
def demo(port: Port = None, webhook_url: WebhookUrl = None, no_open: NoOpen = False) -> None:
    """Run the service with a stand-in for Telnyx on this machine. Needs no account."""
    from webhooks.cli.demo import run
    from webhooks.cli.demo_settings import demo_settings

    try:
        run(port or demo_settings().port, webhook_url, opens_page=not no_open)
    except DatabaseInUse as error:
        fail(str(error))


@app.command()
def phone(number: Number = "+14155550123", url: Url = "http://127.0.0.1:8000") -> None:
    """Act as a phone of the running demo: type texts, read those that arrive."""
    from webhooks.cli.phone import Phone, PhoneError

    try:
        Phone(number, url).run()
    except PhoneError as error:
        fail(str(error))


@app.command()
def migrate() -> None:
    """Create or update the database's tables. Safe while the service runs."""
    _migrate(load())


def _migrate(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        before, after = migrations.migrate(database)
    except SQLAlchemyError as error:
        fail(f"Cannot migrate the database: {describe(error)}. Check DATABASE_URL.")
    finally:
        database.dispose()
    if migrations.is_ahead(after):
        typer.echo(_AHEAD.format(after), err=True)
        return
    change = "no change" if before == after else f"was {before or 'empty'}"
    typer.echo(f"The database is at revision {after} ({change}).")


app.command()(purge.purge)
app.command()(forget.forget)
app.command()(backup.backup)


@app.command(
    epilog="Each text is printed with typical and with the longest values, and its length in "
    "septets of GSM-7: one SMS segment has 160. ⏎ is a line break. Needs no settings, no database."
)
def texts(locale: Locale = None, kind: Kind = None, samples: Samples = False) -> None:
    """Print every text that phones can get, in each language, with its length."""
    from webhooks.cli.samples import show_samples
    from webhooks.cli.texts import show

    if samples:
        show_samples()
    else:
        show(locale, kind)


app.command()(support.show)
app.command()(support.stats)
app.command()(support.unlock)
app.command()(support.cancel)


def main() -> None:
    """The entry point."""
    app()


def _check_workers(settings: Settings, workers: int) -> None:
    if workers > 1 and Database(settings.database_url).is_sqlite:
        fail(
            "WEB_CONCURRENCY (--workers) above 1 needs PostgreSQL: SQLite serves one process. "
            "Set DATABASE_URL to postgresql://… or use one worker.",
            EXIT_CONFIG,
        )


def _check_database(settings: Settings) -> None:
    """Fail with a short message instead of a traceback when the service starts."""
    database = Database(settings.database_url)
    try:
        database.claim()
        if database.servers is not None:
            pooler.check(database.servers)
    except DatabaseInUse as error:
        fail(str(error))
    except UnfitPooler as error:
        fail(str(error), EXIT_CONFIG)
    except psycopg.Error as error:  # the service starts anyway, and waits for the database
        typer.echo(f"The database cannot be reached yet: {describe(error)}.", err=True)
    except OSError as error:
        fail(f"Cannot use the file in DATABASE_URL: {error.strerror}.", EXIT_CONFIG)
    finally:
        database.dispose()


def _check_revision(settings: Settings) -> None:
    """Before any worker starts, so that there is one message. A database that does not answer does
    not prevent the start."""
    database = Database(settings.database_url)
    try:
        revision = migrations.revision(database)
    except SQLAlchemyError:
        return
    finally:
        database.dispose()
    if migrations.is_behind(revision):
        fail(
            f"The database is at revision {revision or 'none'}, this version needs "
            f"{migrations.head()}. Run: textlogin migrate (or: textlogin serve --migrate)",
            EXIT_CONFIG,
        )
    if migrations.is_ahead(revision):
        log.warning("%s", _AHEAD.format(revision))
