"""What other processes have committed, by PostgreSQL's NOTIFY, over a connection of its own.

A dropped connection is reopened. `connected` and `disconnected` tell the owner of the listener
whether its copies may be stale.
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
#: Seconds without news after which the connection is tried.
_QUIET = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


def notifications(origin_id: str, ids: Sequence[str]) -> list[str]:
    """A batch's news as statements: who tells it, then what changed. Ids are our own hex."""
    return [
        f"NOTIFY {CHANNEL}, '{' '.join((origin_id, *ids[start : start + IDS_PER_PAYLOAD]))}'"
        for start in range(0, len(ids), IDS_PER_PAYLOAD)
    ]


class Listener:
    """Calls on the event loop: `changed(ids)`, `connected()` after LISTEN, `disconnected()`."""

    def __init__(
        self,
        database: Database,
        is_own: Callable[[str], bool],
        *,
        changed: Callable[[Sequence[str]], None],
        connected: Callable[[], None],
        disconnected: Callable[[], None],
    ) -> None:
        url = database.url.set(drivername="postgresql")
        self._conninfo = url.render_as_string(hide_password=False)
        self._is_own = is_own
        self._changed = changed
        self._connected = connected
        self._disconnected = disconnected
        self._pause = _FIRST_PAUSE

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.warning("other processes can't be connected: %s", type(error).__name__)
            self._disconnected()
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._conninfo,
            autocommit=True,
            connect_timeout=3,
            application_name="textlogin listen",
            keepalives_idle=10,
            keepalives_interval=3,
            keepalives_count=3,
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._connected()
            self._pause = _FIRST_PAUSE
            while True:
                async for notice in connection.notifies(timeout=_QUIET):
                    self._tell(notice.payload)
                async with asyncio.timeout(_QUIET):
                    await connection.execute("SELECT 1")

    def _tell(self, payload: str) -> None:
        origin_id, *ids = payload.split(" ")
        if not self._is_own(origin_id):
            self._changed(ids)
