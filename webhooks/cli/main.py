"""The command line: `textlogin …`, also `python -m webhooks …`. Bad usage exits 2, a failed
check 1, impossible settings 78."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from storage.database import Database, DatabaseInUse
from storage.migrate import migrate as bring_up_to_date
from webhooks.cli import clients
from webhooks.settings import EXIT_CONFIG, Settings, load

app = typer.Typer(
    help="Phone login by text message. Settings come from the environment, see .env.example.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(clients.app, name="clients")

Host = Annotated[str, typer.Option(envvar="HOST", help="Address to listen on.")]
Port = Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="Port to listen on.")]


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[
        int,
        typer.Option(envvar="WEB_CONCURRENCY", min=1, max=64, help="Processes; PostgreSQL only."),
    ] = 1,
) -> None:
    """Serve: Telnyx's webhooks, and the API that web apps poll."""
    import uvicorn

    from webhooks.ops.server import OPTIONS, raise_file_limit

    settings = load()
    if workers > 1 and Database(settings.database_url).is_sqlite:
        _fail(
            "WEB_CONCURRENCY (--workers) above 1 needs PostgreSQL: SQLite serves one process. "
            "Set DATABASE_URL to postgresql://…, or use one worker.",
            EXIT_CONFIG,
        )
    _check_free(settings)
    raise_file_limit()
    typer.echo(f"Textlogin serves on http://{host}:{port} with {workers} process(es).", err=True)
    uvicorn.run(
        "webhooks.app:create_app", factory=True, host=host, port=port, workers=workers, **OPTIONS
    )


@app.command()
def demo(port: Port = 8000) -> None:
    """Try it without an account: the service and a stand-in Telnyx on this machine."""
    from webhooks.cli.demo import run

    try:
        run(port)
    except DatabaseInUse as error:
        _fail(str(error))


@app.command()
def phone(
    number: Annotated[str, typer.Option(help="The phone's number, E.164.")] = "+14155550123",
    url: Annotated[str, typer.Option(help="Where the demo runs.")] = "http://127.0.0.1:8000",
) -> None:
    """A phone in the terminal: lines typed are texted to the running demo, answers are printed."""
    from webhooks.cli.phone import PhoneError, Terminal

    try:
        Terminal(number, url).run()
    except PhoneError as error:
        _fail(str(error))


@app.command()
def migrate() -> None:
    """Create the tables, or bring them up to date. Safe to run while the service runs."""
    database = Database(load().database_url)
    try:
        before, after = bring_up_to_date(database)
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        _fail(f"The database can't be migrated: {type(cause).__name__}. Is DATABASE_URL right?")
    finally:
        database.dispose()
    change = "already" if before == after else f"from {before or 'nothing'}"
    typer.echo(f"The database is at {after} ({change}).")


def main() -> None:
    """The entry point."""
    app()


def _check_free(settings: Settings) -> None:
    """Says early and plainly what the service itself would refuse in its start."""
    database = Database(settings.database_url)
    try:
        database.claim()
    except DatabaseInUse as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"DATABASE_URL names a file that can't be used: {error.strerror}", EXIT_CONFIG)
    finally:
        database.dispose()


def _fail(message: str, code: int = 1) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)
