"""A writer on a real database, without a service around it."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Any
from uuid import uuid4

import psycopg

from bot.codes import Secrets
from bot.commands import TextReceived
from bot.intents import Intent, Login
from bot.policy import Policy
from storage.commit import Commit
from storage.database import ADVISORY_LOCK, Database
from storage.writer import Writer

NUMBER = "+14155550100"
PHONE = "+14155550123"
NOW = 1_800_000_000_000
SECRET = "a key for tests, at least 32 characters"


class Room:
    """A running writer, what it has committed, and a look into its database."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.commits: list[Commit] = []
        self.now = NOW
        self.writer = Writer(
            self.database,
            Policy(Secrets([SECRET]), (NUMBER,)),
            clock=lambda: self.now,
        )
        self.writer.subscribe(self.commits.append)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.database.reading.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def count(self, table: str, where: str = "1 = 1") -> int:
        ((count,),) = self.rows(f"SELECT count(*) FROM {table} WHERE {where}")
        return int(count)

    @contextmanager
    def writer_held_up(self) -> Iterator[None]:
        """Somebody else has the lock that a batch needs: what is submitted meanwhile waits."""
        if self.database.path is not None:
            with closing(sqlite3.connect(self.database.path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                yield
                other.execute("ROLLBACK")
        else:
            url = self.database.url.set(drivername="postgresql")
            with psycopg.connect(url.render_as_string(hide_password=False)) as lock:
                lock.execute("SELECT pg_advisory_xact_lock(%s)", (ADVISORY_LOCK,))
                yield


@asynccontextmanager
async def room(url: str) -> AsyncIterator[Room]:
    at = Room(url)
    at.writer.start()
    try:
        yield at
    finally:
        await at.writer.stop()
        at.database.dispose()


def text(
    phone: str = PHONE,
    intent: Intent | None = None,
    *,
    event_id: str | None = None,
    message_id: str | None = None,
) -> TextReceived:
    """LOGIN, unless it is something else."""
    return TextReceived(
        event_id or str(uuid4()),
        message_id or str(uuid4()),
        phone,
        NUMBER,
        intent or Login(),
        NOW,
    )


def phones(count: int) -> list[str]:
    return [f"+1415556{number:04}" for number in range(count)]
