"""`textlogin purge`: the service's upkeep, as commands. They work beside a running service."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import typer

from storage.clock import SteadyClock
from storage.database import Database
from storage.errors import Unavailable
from storage.purge import Purge, describe
from storage.queries import Reader
from storage.writer import Writer
from webhooks.cli.output import because, fail
from webhooks.http.limits import ANSWER_TIMEOUT_S
from webhooks.settings import Settings, load

T = TypeVar("T")
#: Lets a running service have the database in between.
_PAUSE_S = 0.01


class Access:
    """A reader and a writer of this process."""

    def __init__(self, settings: Settings, reader: Reader, writer: Writer) -> None:
        self.settings = settings
        self.reader = reader
        self.writer = writer


def purge() -> None:
    """Delete what is more than RETENTION_DAYS old, also while the service runs."""
    found = run(_purge)
    typer.echo(f"Deleted: {found}.")


def run(work: Callable[[Access], Awaitable[T]]) -> T:
    """Do something with the database of the settings. Exits with a short message if it does not
    answer."""
    settings = load()

    async def begin() -> T:
        async with _access(settings) as access:
            return await work(access)

    try:
        return asyncio.run(begin())
    except Unavailable as error:
        fail(f"{because(error)} Did you run `textlogin migrate`?")


@asynccontextmanager
async def _access(settings: Settings) -> AsyncIterator[Access]:
    database = Database(settings.database_url)
    reader = Reader(database, timeout_s=ANSWER_TIMEOUT_S)
    writer = Writer(database, settings.policy(), clock=SteadyClock())
    writer.start()
    try:
        yield Access(settings, reader, writer)
    finally:
        await writer.stop()
        reader.close()
        database.dispose()


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
