"""Plain reads, each in a short transaction of its own, in a pool of threads.

Verifications are read by id in batches: one query runs at a time, and the next one reads the ids
that were asked for meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from bot.records import TABLES, Conversation, Verification, WebhookEvent
from storage.clients import RegisteredClient, read_all
from storage.database import READERS, Database
from storage.errors import Unavailable
from storage.statements import Statements, TableStatements

T = TypeVar("T")
Record = TypeVar("Record", bound=Struct)
_LARGEST_QUERY = 500
#: Sorts after every id of a verification.
_AFTER_ALL_IDS = "ver_~"
_HOLDERS = " UNION ".join(
    f"SELECT lease_owner FROM {table} WHERE state = 'queued' AND lease_owner IS NOT NULL"
    for table in ("messages", "callbacks")
)
_OUTBOX = "SELECT count(*), min(created_at) FROM messages WHERE state = 'queued'"


class Outbox(NamedTuple):
    """How many texts are not sent yet, and when the oldest of them was queued (ms)."""

    size: int
    oldest: int | None


class Reader:
    """Reads for the event loop. Every method raises Unavailable.

    `timeout_s` is for a server that does not respond at all: longer than `DATABASE_TIMEOUT_MS`.
    """

    def __init__(self, database: Database, *, timeout_s: float) -> None:
        self._database = database
        self._timeout_s = timeout_s
        self._rows = Statements(sqlite=database.is_sqlite)
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._by_phone = self._rows.verifications.select(
            "WHERE phone = ? AND created_at > ? AND id < ? "
            "AND (client = ? OR (client IS NULL AND ? = 1)) ORDER BY id DESC LIMIT ?"
        )
        self._wanted: dict[str, asyncio.Future[Verification | None]] = {}
        self._fetching: asyncio.Task[None] | None = None

    async def verification(self, id: str) -> Verification | None:
        """The verification as committed, read by a query that starts after this call."""
        wanted = self._wanted.get(id)
        if wanted is None:
            wanted = self._wanted[id] = asyncio.get_running_loop().create_future()
            if self._fetching is None:
                self._fetching = asyncio.create_task(self._fetch())
        return await asyncio.shield(wanted)

    async def verifications_of(
        self,
        phone: str,
        *,
        client: str,
        standalone: bool,
        since: int,
        before: str | None,
        limit: int,
    ) -> list[Verification]:
        """A phone's verifications that a web app may see, newest first, at most `limit`.

        They were created after `since` (ms) and before the one with the id `before`. `standalone`
        includes those that no web app opened.
        """
        values = (phone, since, before or _AFTER_ALL_IDS, client, int(standalone), limit)
        return await self.run(self._by_phone.of(*values).run)

    async def known_events(self, ids: list[str]) -> frozenset[str]:
        """Those of these webhook events that are recorded."""
        events: list[WebhookEvent] = await self._among(self._rows.events, "event_id", ids)
        return frozenset(event.event_id for event in events)

    async def conversations(self, phones: list[str]) -> list[Conversation]:
        """Every conversation of these phones that has opted out or in."""
        return await self._among(self._rows.conversations, "phone", phones)

    async def clients(self) -> list[RegisteredClient]:
        """Every registered web app."""
        return await self.run(read_all)

    async def lease_holders(self) -> list[str]:
        """The lease owners of all queued messages and callbacks."""
        return await self.run(_lease_holders)

    async def outbox(self) -> Outbox:
        """The queued messages of all processes."""
        return await self.run(_outbox)

    async def revision(self) -> str | None:
        """The database's Alembic revision; None before the first migration."""
        return await self.run(_revision)

    async def page(self, table: str, after: str | int, limit: int) -> list[Any]:
        """The first `limit` records of a table whose key is greater than `after`."""
        rows = self._rows.of(table).after(TABLES[table].key[0])
        return await self.run(rows.of(after, limit).run)

    async def find(self, table: str, column: str, value: str) -> list[Any]:
        """The records of a table whose column has this value. The column needs an index."""
        return await self.run(self._rows.of(table).find(column, [value]).run)

    async def own_value(self, name: str) -> str | None:
        """One of the service's own values; None if it is not set."""
        found = await self.run(self._rows.own_values.find("name", [name]).run)
        return found[0].value if found else None

    async def _among(
        self, table: TableStatements[Record], column: str, values: list[str]
    ) -> list[Record]:
        found: list[Record] = []
        for start in range(0, len(values), _LARGEST_QUERY):
            found += await self.run(table.find(column, values[start : start + _LARGEST_QUERY]).run)
        return found

    async def _fetch(self) -> None:
        try:
            while self._wanted:
                ids = list(islice(self._wanted, _LARGEST_QUERY))
                await self._answer({id: self._wanted.pop(id) for id in ids})
        finally:
            self._fetching = None

    async def _answer(self, wanted: dict[str, asyncio.Future[Verification | None]]) -> None:
        verifications = self._rows.verifications
        try:
            found = await self.run(verifications.find("id", list(wanted)).run)
        except Unavailable as error:
            for future in wanted.values():
                future.set_exception(error)
                future.exception()  # mark it as retrieved: its caller may be gone
        else:
            by_id = {verification.id: verification for verification in found}
            for id, future in wanted.items():
                future.set_result(by_id.get(id))
        finally:
            for future in wanted.values():
                future.cancel()  # for a query that `close` cancelled; else it is done already

    def close(self) -> None:
        """End the threads; running queries fail."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._database.cut_connections()

    async def run(self, query: Callable[[Connection], T]) -> T:
        """What a query finds, on a connection of its own."""

        def work() -> T:
            try:
                with self._database.reading.connect() as connection:
                    return query(connection)
            except SQLAlchemyError as error:
                raise Unavailable("the database is unavailable") from error

        answer = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            return await asyncio.wait_for(answer, self._timeout_s)
        except TimeoutError:
            raise Unavailable("the database does not respond") from None


def _lease_holders(connection: Connection) -> list[str]:
    return list(connection.exec_driver_sql(_HOLDERS).scalars())


def _outbox(connection: Connection) -> Outbox:
    size, oldest = connection.exec_driver_sql(_OUTBOX).one()
    return Outbox(int(size), oldest)


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)
