"""Ends the process when it hangs, so that a supervisor restarts it.

A batch that is stuck first loses its connections: the server's own timeouts
(`DATABASE_TIMEOUT_MS`) end a slow batch, but not one whose server does not respond at all.

The watchdog counts its own ticks, not time. So a process that was stopped, or a machine that
slept, has not hung: whatever its length, such a pause is one tick.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from storage.database import Database

log = logging.getLogger("textlogin.watchdog")

TICK_S = 0.5
#: Ticks until a stuck batch loses its connections, and until the process ends.
_CUT_TICKS = 10
_END_TICKS = 20
_EXIT_STATUS = 70  # EX_SOFTWARE of sysexits.h


def end_process(reason: str) -> NoReturn:
    """End the process at once. Committed work is safe, and nothing else can be saved."""
    log.critical("%s: ending the process", reason)
    os._exit(_EXIT_STATUS)


class Watchdog:
    """Watches the batches of the writer's thread and the turns of the event loop, in a thread of
    its own. Tests pass a shorter tick and another `end`."""

    def __init__(
        self,
        database: Database,
        *,
        tick_s: float = TICK_S,
        end: Callable[[str], object] = end_process,
    ) -> None:
        self._database = database
        self._tick_s = tick_s
        self._end = end
        self._stopped = threading.Event()
        self._batch = 0
        self._is_writing = False
        self._has_turned = True

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the block, one batch, in the writer's thread."""
        self._batch += 1
        self._is_writing = True
        try:
            yield
        finally:
            self._is_writing = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch until `stop`."""
        threading.Thread(target=self._run, args=(loop,), name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()

    # -- the watchdog's thread -----------------------------------------------------------------

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        batch = stuck = unturned = 0
        while not self._stopped.wait(self._tick_s):
            stuck = stuck + 1 if self._is_writing and self._batch == batch else 0
            batch = self._batch
            unturned = 0 if self._turn(loop) else unturned + 1
            if stuck == _CUT_TICKS and not self._database.is_sqlite:
                log.error("The database does not respond: cutting its connections")
                self._database.cut_connections()
            if stuck >= _END_TICKS:
                self._end("A batch has been stuck for 10 s")
            if unturned >= _END_TICKS:
                self._end("The event loop has not turned for 10 s")

    def _turn(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether the loop has turned since the last call. Asks it to tell that it turns again."""
        turned, self._has_turned = self._has_turned, False
        if turned:
            try:
                loop.call_soon_threadsafe(self._turned)
            except RuntimeError:  # the loop is closed
                self._stopped.set()
        return turned

    def _turned(self) -> None:
        self._has_turned = True
