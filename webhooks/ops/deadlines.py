"""Sets that remember the order, and close what stays in them too long.

All connections share one timer of the event loop for each time limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Ordered(Generic[T]):
    """A set in the order in which its items were added."""

    def __init__(self) -> None:
        self._items: dict[T, float] = {}  # in `Deadlines` with the time when each is due

    def __len__(self) -> int:
        return len(self._items)

    @property
    def oldest(self) -> T:
        """The one that has been in it longest. It must not be empty."""
        return next(iter(self._items))

    def add(self, item: T) -> None:
        """Add it as the newest."""
        self._items[item] = 0

    def discard(self, item: T) -> None:
        """Remove it, if it is in it."""
        self._items.pop(item, None)


class Deadlines(Ordered[T]):
    """Items that stay in it for `seconds` are removed and passed to `expire`."""

    def __init__(self, seconds: float, expire: Callable[[T], None]) -> None:
        super().__init__()
        self._seconds = seconds
        self._expire = expire
        self._has_timer = False

    def add(self, item: T) -> None:
        """Add it as the newest; its time begins."""
        loop = asyncio.get_running_loop()
        self._items[item] = loop.time() + self._seconds
        self._start_timer(loop)

    def _start_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        """For the oldest one. If that is removed, the timer stays: it costs less than another."""
        if self._items and not self._has_timer:
            self._has_timer = True
            loop.call_at(self._items[self.oldest], self._expire_due, loop)

    def _expire_due(self, loop: asyncio.AbstractEventLoop) -> None:
        self._has_timer = False
        now = loop.time()
        for item in [item for item, due in self._items.items() if due <= now]:
            del self._items[item]
            self._expire(item)
        self._start_timer(loop)
