"""PostgreSQL's NOTIFY and LISTEN: what other processes have committed, and which are gone.

The listener has a connection of its own and reopens it when it breaks. While it is disconnected,
notifications are lost and rows cached in memory may be stale.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors

from storage import presence
from storage.causes import describe
from storage.database import Database
from storage.postgresql import NO_WHOLE_TABLES, SERVER_TIMEOUTS, shut_down
from storage.presence import Absences

log = logging.getLogger("textlogin.listen")

CHANNEL = "textlogin"
#: A payload has at most 8,000 bytes; an id has 51.
IDS_PER_PAYLOAD = 120
#: Between two queries for processes that are gone, which also test the connection.
_INTERVAL_S = 0.4
#: For a peer that acknowledges but does not answer. Longer than `DATABASE_TIMEOUT_MS`.
_ANSWER_TIMEOUT_S = 2.0
_OPTIONS = SERVER_TIMEOUTS + NO_WHOLE_TABLES
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 0.5
#: A migration runs or has yet to run; the connection works.
_TABLES_NOT_READY = (errors.UndefinedTable, errors.LockNotAvailable, errors.QueryCanceled)

Connection = psycopg.AsyncConnection[Any]


def payloads(origin_id: str, ids: Sequence[str]) -> list[str]:
    """The payloads of a batch's notifications: `origin_id` and ids, separated by spaces."""
    return [
        " ".join((origin_id, *ids[start : start + IDS_PER_PAYLOAD]))
        for start in range(0, len(ids), IDS_PER_PAYLOAD)
    ]


class Listener:
    """Calls `on_changed` with the ids of changed verifications, `on_connected` after LISTEN, and
    `on_disconnected` when the connection breaks or cannot be opened.

    `is_own` recognises the origin id of this process, whose notifications are skipped. `owner` is
    the process's name in leases, 16 hex digits. `on_holders_lost` is called with the owners of
    leases whose process is gone, again and again until the leases are free or have ended.
    """

    def __init__(
        self,
        database: Database,
        is_own: Callable[[str], bool],
        *,
        owner: str,
        on_changed: Callable[[Sequence[str]], None],
        on_connected: Callable[[], None],
        on_disconnected: Callable[[], None],
        on_holders_lost: Callable[[Sequence[str]], None],
    ) -> None:
        assert database.servers is not None
        self._servers = database.servers
        self._is_own = is_own
        self._owner = owner
        self._on_changed = on_changed
        self._on_connected = on_connected
        self._on_disconnected = on_disconnected
        self._on_holders_lost = on_holders_lost
        self._pause_s = _FIRST_PAUSE_S
        #: A monotonic time; None while connected, and before the first failure.
        self._lost_s: float | None = None

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError, TimeoutError) as error:
                self._lose(error)
            self._on_disconnected()
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)

    async def _listen(self) -> None:
        async with await self._connect() as connection:
            self._regain()
            absences = Absences(time.monotonic())
            while True:
                async for notification in connection.notifies(timeout=_INTERVAL_S):
                    self._receive(notification.payload)
                with _answer_expected(connection):
                    absent = await self._absent(connection)
                if lost := absences.lost(absent, time.monotonic()):
                    self._on_holders_lost(lost)

    async def _connect(self) -> Connection:
        connection = await self._open()
        self._servers.answered(connection.info)
        settings = self._servers.statement(_OPTIONS)
        begin = f"{settings}LISTEN {CHANNEL}; {presence.hold(self._owner)}"
        try:
            with _answer_expected(connection):
                await connection.execute(begin.encode())
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _open(self) -> Connection:
        parameters = self._servers.parameters("textlogin listen", _OPTIONS)
        try:
            return await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
        except psycopg.OperationalError as error:
            if not self._servers.is_pooler(error, _OPTIONS):
                raise
        return await self._open()

    async def _absent(self, connection: Connection) -> list[str]:
        try:
            found = await connection.execute(presence.ABSENT.encode(), (self._owner,))
        except _TABLES_NOT_READY:
            return []
        return [owner for (owner,) in await found.fetchall()]

    def _receive(self, payload: str) -> None:
        origin_id, *ids = payload.split(" ")
        if not self._is_own(origin_id):
            self._on_changed(ids)

    def _regain(self) -> None:
        if self._lost_s is not None:
            log.info("Listens for changes again, after %.1f s", time.monotonic() - self._lost_s)
        self._lost_s = None
        self._pause_s = _FIRST_PAUSE_S
        self._on_connected()

    def _lose(self, error: BaseException) -> None:
        if self._lost_s is None:
            self._lost_s = time.monotonic()
            log.warning("Cannot listen for changes by other processes: %s", describe(error))


@contextmanager
def _answer_expected(connection: Connection) -> Iterator[None]:
    """Shut the connection down if the server does not answer in time, and raise TimeoutError.

    To cancel the query instead would take a connection to the same server.
    """
    timer = asyncio.get_running_loop().call_later(_ANSWER_TIMEOUT_S, shut_down, connection)
    began_s = time.monotonic()
    try:
        yield
    except psycopg.OperationalError as error:
        if time.monotonic() - began_s >= _ANSWER_TIMEOUT_S:
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
