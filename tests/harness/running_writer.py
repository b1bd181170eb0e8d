"""A writer on a real database, without a service around it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Any
from uuid import uuid4

from bot.codes import Secrets
from bot.commands import Command, TextReceived
from bot.intents import Intent, Login
from bot.outcomes import Outcome
from bot.policy import Policy
from storage.commit import Commit
from storage.database import ADVISORY_LOCK, Database
from storage.send_slots import SendSlots
from storage.writer import Writer
from tests.harness.clock import Clock
from tests.harness.phone import PHONE
from tests.harness.settings import NUMBER, SECRET_KEY

NOW = Clock.now


class RunningWriter:
    """The writer, its commits, and queries of its database."""

    def __init__(self, url: str, **policy: Any) -> None:
        self.database = Database(url)
        self.commits: list[Commit] = []
        self.clock = Clock()
        self._writer = Writer(
            self.database,
            Policy(Secrets([SECRET_KEY]), (NUMBER,), **policy),
            clock=self.clock,
        )
        self._writer.subscribe(self.commits.append)

    def submit(self, command: Command) -> asyncio.Future[Outcome]:
        return self._writer.submit(command)

    def start(self) -> None:
        self._writer.start()

    async def stop(self) -> None:
        await self._writer.stop()

    @property
    def poisoned(self) -> int:
        """How many commands failed and were left out of their batch."""
        return self._writer.poisoned

    @property
    def slots(self) -> SendSlots:
        return self._writer.slots

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database holds."""
        with self.database.reading.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def count(self, table: str, where: str = "1 = 1") -> int:
        ((count,),) = self.rows(f"SELECT count(*) FROM {table} WHERE {where}")
        return int(count)

    @contextmanager
    def blocked(self) -> Iterator[None]:
        """Another connection holds the lock that a batch needs, so commands wait in the queue."""
        if self.database.path is not None:
            with closing(sqlite3.connect(self.database.path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                yield
                other.execute("ROLLBACK")
        else:
            assert self.database.servers is not None
            with self.database.servers.connect([]) as other_connection:
                other_connection.execute("SELECT pg_advisory_xact_lock(%s)", (ADVISORY_LOCK,))
                yield


@asynccontextmanager
async def running_writer(url: str, **policy: Any) -> AsyncIterator[RunningWriter]:
    """A started writer with this policy, stopped at the end."""
    writer = RunningWriter(url, **policy)
    writer.start()
    try:
        yield writer
    finally:
        await writer.stop()
        writer.database.dispose()


def text(
    phone: str = PHONE,
    intent: Intent | None = None,
    *,
    event_id: str | None = None,
    message_id: str | None = None,
) -> TextReceived:
    """A text, by default LOGIN."""
    return TextReceived(
        event_id or str(uuid4()),
        message_id or str(uuid4()),
        phone,
        NUMBER,
        intent or Login(),
        NOW,
    )


def phones(count: int) -> list[str]:
    """`count` phone numbers, ascending."""
    return [f"+1415556{number:04}" for number in range(count)]
