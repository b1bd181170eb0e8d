"""The database of the settings, for commands that also work beside a running service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from storage.clock import SteadyClock
from storage.database import Database
from storage.errors import Unavailable
from storage.queries import Reader
from storage.writer import Writer
from webhooks.cli.output import because, fail
from webhooks.http.limits import ANSWER_TIMEOUT_S
from webhooks.settings import Settings, load

T = TypeVar("T")


class Access:
    """A reader and a writer of this process."""

    def __init__(self, settings: Settings, reader: Reader, writer: Writer) -> None:
        self.settings = settings
        self.reader = reader
        self.writer = writer


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
