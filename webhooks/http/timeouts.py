"""Timeouts for thousands who wait: one timer of the event loop's for all that ring together.

Each timer in the loop's own heap makes every other one slower, those of requests among them.
"""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from collections.abc import Callable
from heapq import heappop, heappush
from math import ceil
from types import TracebackType
from typing import Any

#: How many times a second timeouts ring; each rings up to this much late.
_RATE = 20

Ring = Callable[["asyncio.Future[Any]"], None]


class Timeouts:
    """Calls `ring(future)` once its time has come, unless it was unset before. One at a time for
    a future."""

    def __init__(self) -> None:
        self._slots: dict[int, dict[asyncio.Future[Any], Ring]] = {}
        self._coming: list[int] = []
        self._timer: asyncio.TimerHandle | None = None

    def set(self, future: asyncio.Future[Any], seconds: float, ring: Ring) -> int:
        """In so many seconds; where it is kept, for `unset`."""
        loop = future.get_loop()
        slot = ceil((loop.time() + seconds) * _RATE)
        if slot not in self._slots:
            self._slots[slot] = {}
            heappush(self._coming, slot)
            if self._coming[0] == slot:
                self._arm(loop)
        self._slots[slot][future] = ring
        return slot

    def unset(self, future: asyncio.Future[Any], slot: int) -> None:
        """It need not ring any more."""
        if slot in self._slots:
            self._slots[slot].pop(future, None)

    def limit(self, seconds: float) -> Limit:
        """A block that raises TimeoutError once it takes longer, as `asyncio.timeout` does."""
        return Limit(self, seconds)

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(self._coming[0] / _RATE, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        """What is due; loops' clocks are coarse, so a slot that is all but due counts too."""
        self._timer = None
        while self._coming and self._coming[0] <= loop.time() * _RATE + 0.5:
            for future, ring in self._slots.pop(heappop(self._coming)).items():
                ring(future)
        if self._coming:
            self._arm(loop)


class Limit:
    """Cancels the task that is in the block, and says so."""

    __slots__ = ("_cancelling", "_rang", "_seconds", "_slot", "_task", "_timeouts")

    def __init__(self, timeouts: Timeouts, seconds: float) -> None:
        self._timeouts = timeouts
        self._seconds = seconds
        self._rang = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()  # by others, whose cancellation is not ours to end
        self._slot = self._timeouts.set(task, self._seconds, self._ring)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timeouts.unset(self._task, self._slot)
        if self._rang and self._task.uncancel() <= self._cancelling and kind is CancelledError:
            raise TimeoutError from error

    def _ring(self, task: asyncio.Future[Any]) -> None:
        self._rang = True
        task.cancel()
