"""What has passed between the stand-in, the service and web apps: the newest entries."""

import asyncio
from collections import deque
from contextlib import suppress
from itertools import count
from typing import Any, Literal

from webhooks.sandbox.clock import RealClock
from webhooks.sandbox.times import iso

Kind = Literal["webhook", "request", "receipt", "callback", "decision"]

LIMIT = 1000


class Log:
    """Keeps `limit` entries; the oldest are dropped first.

    Ids grow, also from one run of the demo to the next: they begin at the real time in ms.
    """

    def __init__(self, clock: RealClock, *, limit: int = LIMIT) -> None:
        self._ids = count(clock.wall())
        self._entries: deque[dict[str, Any]] = deque(maxlen=limit)
        self._added = asyncio.Event()
        self._closed = False
        #: How many calls wait.
        self.waiting = 0

    def add(self, kind: Kind, summary: str, *, at: int, **detail: Any) -> None:
        """Add an entry. `at` is when it began (ms), by the demo's clock."""
        entry = {"id": next(self._ids), "at": iso(at), "kind": kind, "summary": summary}
        self._entries.append(entry | detail)
        self._wake()

    def after(self, id: int) -> dict[str, Any]:
        """The entries with greater ids, oldest first, and the id to ask for `next`, as JSON."""
        found = [entry for entry in self._entries if entry["id"] > id]
        return {"data": found, "next": found[-1]["id"] if found else id}

    async def wait(self, id: int, seconds: float) -> None:
        """Until there is an entry with a greater id, at most `seconds`."""
        if self._closed or self.after(id)["data"]:
            return
        self.waiting += 1
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._added.wait()
        finally:
            self.waiting -= 1

    def close(self) -> None:
        """The demo stops: wake who waits, and let no one wait from now on."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._added.set()
        self._added = asyncio.Event()
