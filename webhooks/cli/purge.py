"""`textlogin purge`."""

from __future__ import annotations

import sys

import typer

from storage.clock import SteadyClock
from storage.purge import Purge, describe
from webhooks.cli.access import Access, run

#: Lets a running service have the database in between.
_PAUSE_S = 0.01


def purge() -> None:
    """Delete what is more than RETENTION_DAYS old, also while the service runs."""
    found = run(_purge)
    typer.echo(f"Deleted: {found}.")


async def _purge(access: Access) -> str:
    purge = Purge(
        access.reader,
        access.writer.submit,
        SteadyClock(),
        days=access.settings.retention_days,
        pause_s=_PAUSE_S,
    )
    found = await purge.run(_show if sys.stderr.isatty() else None)
    return describe(found)


def _show(table: str, count: int) -> None:
    """One line, written over."""
    typer.echo(f"\r\033[K{table}: {count}", nl=False, err=True)
