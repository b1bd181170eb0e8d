"""`textlogin backup FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storage.backup import BackupFailed, back_up, pg_dump
from storage.database import Database
from webhooks.cli.output import fail
from webhooks.settings import load

Target = Annotated[Path, typer.Argument(metavar="FILE", help="A file that does not exist yet.")]


def backup(file: Target) -> None:
    """Copy the SQLite file while the service runs; for PostgreSQL, print the pg_dump to run."""
    url = load().database_url
    path = Database(url).path
    if path is None:
        typer.echo(pg_dump(url, file))
        typer.echo("Run this; pg_dump takes the password from PGPASSWORD or ~/.pgpass.", err=True)
        return
    try:
        back_up(path, file)
    except FileExistsError:
        fail(f"{file} exists already. Name a new file.")
    except OSError as error:
        fail(f"Cannot write {file}: {error.strerror}.")
    except BackupFailed as error:
        fail(f"No backup was made: {error}.")
    typer.echo(f"Backed up to {file}. Keep SECRET_KEY too: without it, callback secrets are lost.")
