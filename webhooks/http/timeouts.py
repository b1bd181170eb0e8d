"""Timeouts for thousands of waiters, with one timer of the event loop for all that expire together.

Each timer in the loop's own heap makes every other timer slower, those of requests included.
"""

from __future__ import annotations

import asyncio
from asyncio import CancelledError
from collections.abc import Callable
from heapq import heappop, heappush
from math import ceil
from types import TracebackType
from typing import Any

#: Timeouts are rounded up to slots of 1/20 s. Each expires at most 25 ms early or 50 ms late.
_SLOTS_PER_S = 20

OnExpiry = Callable[["asyncio.Future[Any]"], None]


class Timeouts:
    """Calls `on_expiry(future)` after a delay, unless cancelled; one at a time per future."""

    def __init__(self) -> None:
        self._slots: dict[int, dict[asyncio.Future[Any], OnExpiry]] = {}
        self._upcoming: list[int] = []  # a heap of the slots' numbers
        self._timer: asyncio.TimerHandle | None = None

    def schedule(self, future: asyncio.Future[Any], seconds: float, on_expiry: OnExpiry) -> int:
        """Schedule a timeout; returns the slot, which `cancel` needs."""
        loop = future.get_loop()
        slot = ceil((loop.time() + seconds) * _SLOTS_PER_S)
        if slot not in self._slots:
            self._slots[slot] = {}
            heappush(self._upcoming, slot)
            if self._upcoming[0] == slot:
                self._start_timer(loop)
        self._slots[slot][future] = on_expiry
        return slot

    def cancel(self, future: asyncio.Future[Any], slot: int) -> None:
        """Cancel a timeout. Does nothing if it has expired."""
        if slot in self._slots:
            self._slots[slot].pop(future, None)

    def limit(self, seconds: float) -> Limit:
        """A `with` block that raises TimeoutError once it takes longer, like `asyncio.timeout`."""
        return Limit(self, seconds)

    def _start_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(self._upcoming[0] / _SLOTS_PER_S, self._expire, loop)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """Expire every slot due now or within half a slot, since the loop's clock is coarse."""
        self._timer = None
        while self._upcoming and self._upcoming[0] <= loop.time() * _SLOTS_PER_S + 0.5:
            for future, on_expiry in self._slots.pop(heappop(self._upcoming)).items():
                on_expiry(future)
        if self._upcoming:
            self._start_timer(loop)


class Limit:
    """Cancels the task in the block when time is up; the block then ends with TimeoutError."""

    __slots__ = ("_cancelling", "_expired", "_seconds", "_slot", "_task", "_timeouts")

    def __init__(self, timeouts: Timeouts, seconds: float) -> None:
        self._timeouts = timeouts
        self._seconds = seconds
        self._expired = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()  # by others; these must stay requested
        self._slot = self._timeouts.schedule(task, self._seconds, self._expire)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timeouts.cancel(self._task, self._slot)
        if self._expired and self._task.uncancel() <= self._cancelling and kind is CancelledError:
            raise TimeoutError from error

    def _expire(self, task: asyncio.Future[Any]) -> None:
        self._expired = True
        task.cancel()
