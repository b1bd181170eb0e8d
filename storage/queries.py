"""Plain reads, each its own short transaction, in threads of their own.

Verifications by their ids are read as they are written: one query is in flight, and whatever is
asked for meanwhile is the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from bot.records import Verification
from storage.clients import RegisteredClient, read_all
from storage.database import Database
from storage.statements import Statements
from storage.writer import Unavailable

T = TypeVar("T")
_THREADS = 4
_LARGEST_QUERY = 500
#: Sorts behind every id.
_BEHIND_ALL = "ver_~"
#: Seconds; longer than the server's own limits, for a server that says nothing at all.
_PATIENCE = 1.8


class Reader:
    """What the service asks the database outside a batch. Raises `storage.writer.Unavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = Statements(sqlite=database.is_sqlite)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="reader")
        self._by_phone = self._rows.verifications.select(
            "WHERE phone = ? AND created_at > ? AND id < ? "
            "AND (client = ? OR (client IS NULL AND ? = 1)) ORDER BY id DESC LIMIT ?"
        )
        self._wanted: dict[str, asyncio.Future[Verification | None]] = {}
        self._fetching: asyncio.Task[None] | None = None

    async def verification(self, id: str) -> Verification | None:
        """One, as committed, read by a query that begins from now on."""
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
        """A phone's that a web app may see, newest first; later than `since` (ms), and behind
        the one with the id `before`."""
        values = (phone, since, before or _BEHIND_ALL, client, int(standalone), limit)
        return await self._run(
            lambda connection: self._rows.verifications.read(connection, self._by_phone, values)
        )

    async def clients(self) -> list[RegisteredClient]:
        """Every registered web app."""
        return await self._run(read_all)

    async def revision(self) -> str | None:
        """Which migration the database is at, None before the first."""
        return await self._run(_revision)

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
            found = await self._run(
                lambda connection: verifications.find(connection, "id", list(wanted))
            )
        except Unavailable as error:
            for future in wanted.values():
                future.set_exception(error)
                future.exception()  # whoever asked may be gone
        else:
            by_id = {verification.id: verification for verification in found}
            for id, future in wanted.items():
                future.set_result(by_id.get(id))
        finally:
            for future in wanted.values():
                future.cancel()  # where the threads were ended under us

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._database.sever()

    async def _run(self, query: Callable[[Connection], T]) -> T:
        def work() -> T:
            try:
                with self._database.reading.connect() as connection:
                    return query(connection)
            except SQLAlchemyError as error:
                raise Unavailable("the database is not available") from error

        answer = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            return await asyncio.wait_for(answer, _PATIENCE)
        except TimeoutError:
            raise Unavailable("the database does not answer") from None


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)
