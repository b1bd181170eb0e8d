"""Cuts the connections of a batch that is stuck.

The server's own timeouts (`DATABASE_TIMEOUT_MS`) end a slow batch. Without the watchdog, a server
that does not respond at all would block the writer's thread for minutes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from storage.database import Database

log = logging.getLogger("textlogin.writer")

_STUCK_S = 5.0
_INTERVAL_S = 0.5


class Watchdog:
    """Watches one batch at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._began_at: float | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the block, in the writer's thread."""
        self._began_at = time.monotonic()
        try:
            yield
        finally:
            self._began_at = None

    async def run(self) -> None:
        """Check every half second until cancelled, on the event loop."""
        while True:
            await asyncio.sleep(_INTERVAL_S)
            began_at = self._began_at
            if began_at is not None and time.monotonic() - began_at > _STUCK_S:
                log.error("Database does not respond: cutting its connections")
                self._database.cut_connections()
