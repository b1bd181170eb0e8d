"""PostgreSQL's NOTIFY and LISTEN: what other processes have committed.

The listener has a connection of its own and reopens it when it breaks. While it is disconnected,
notifications are lost and rows cached in memory may be stale.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

import psycopg

from storage.database import Database

log = logging.getLogger("textlogin.listen")

CHANNEL = "textlogin"
#: A payload has at most 8,000 bytes; an id has 51.
IDS_PER_PAYLOAD = 120
#: After this time without a notification the connection is tested.
_QUIET_S = 5.0
_TEST_TIMEOUT_S = 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0


def notifications(origin_id: str, ids: Sequence[str]) -> list[str]:
    """The NOTIFY statements of a batch. A payload is `origin_id` and ids, separated by spaces;
    none of them needs escaping."""
    return [
        f"NOTIFY {CHANNEL}, '{' '.join((origin_id, *ids[start : start + IDS_PER_PAYLOAD]))}'"
        for start in range(0, len(ids), IDS_PER_PAYLOAD)
    ]


class Listener:
    """Calls `on_changed` with the ids of changed verifications, `on_connected` after LISTEN, and
    `on_disconnected` when the connection breaks or cannot be opened.

    `is_own` recognises the origin id of this process, whose notifications are skipped.
    """

    def __init__(
        self,
        database: Database,
        is_own: Callable[[str], bool],
        *,
        on_changed: Callable[[Sequence[str]], None],
        on_connected: Callable[[], None],
        on_disconnected: Callable[[], None],
    ) -> None:
        assert database.servers is not None
        self._servers = database.servers
        self._is_own = is_own
        self._on_changed = on_changed
        self._on_connected = on_connected
        self._on_disconnected = on_disconnected
        self._pause_s = _FIRST_PAUSE_S

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.warning("LISTEN is disconnected: %s", type(error).__name__)
            self._on_disconnected()
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)

    async def _listen(self) -> None:
        parameters = self._servers.parameters("textlogin listen", [])
        connection = await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
        self._servers.answered(connection.info)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._on_connected()
            self._pause_s = _FIRST_PAUSE_S
            while True:
                async for notification in connection.notifies(timeout=_QUIET_S):
                    self._receive(notification.payload)
                async with asyncio.timeout(_TEST_TIMEOUT_S):
                    await connection.execute("SELECT 1")

    def _receive(self, payload: str) -> None:
        origin_id, *ids = payload.split(" ")
        if not self._is_own(origin_id):
            self._on_changed(ids)
