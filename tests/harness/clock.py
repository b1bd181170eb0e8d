"""Clocks that a test moves: the service's, and the event loop's."""

import asyncio
from dataclasses import dataclass

SECOND_MS, MINUTE_MS, HOUR_MS = 1_000, 60_000, 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass
class Clock:
    """A `storage.clock.Clock` that changes only when a test moves it. Unless a test sets
    `wall_ahead`, the wall clock agrees with the service's time."""

    now: int = 1_800_000_000_000
    wall_ahead: int = 0

    def __call__(self) -> int:
        return self.now

    def wall(self) -> int:
        return self.now + self.wall_ahead

    def not_before(self, time_ms: int) -> int:
        return max(self.now, time_ms)

    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds


class LoopClock:
    """The event loop's clock. When a test moves it forward, timers that are then due fire.

    Use it with SQLite only: connections to PostgreSQL would time out.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._real = loop.time
        self._ahead_s = 0.0
        vars(loop)["time"] = self  # shadows the method of this test's loop

    def __call__(self) -> float:
        return self._real() + self._ahead_s

    def advance(self, seconds: float) -> None:
        self._ahead_s += seconds
