"""The time of the service: it keeps an even pace while the wall clock is set back or forward.

A step of the wall clock would otherwise end codes early, or stop retries and leases for as long
as the step. So time advances by a clock that nobody sets, and approaches the wall clock slowly.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

_NS_PER_MS = 1_000_000
#: One part in this many: durations keep their length within 5 %.
_SLEWING = 20
#: It also counts the time that the machine sleeps. Only Linux has it.
_UNSTEPPED = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def wall_clock() -> int:
    """Milliseconds since the epoch, as the operating system says."""
    return time.time_ns() // _NS_PER_MS


class Clock(Protocol):
    """Milliseconds since the epoch, in two kinds. Callable from any thread."""

    def __call__(self) -> int:
        """The time of the service: for lives, leases, waits and limits."""

    def wall(self) -> int:
        """The wall clock: for what other machines compare with theirs, such as signatures."""

    def not_before(self, time_ms: int) -> int:
        """The time of the service, moved forward to `time_ms` if that is later."""


class SteadyClock:
    """The production clock: starts at the wall clock, never goes back, slews by at most 5 %.

    `wall` and `unstepped` are in ns; the second may start anywhere.
    """

    def __init__(
        self,
        wall: Callable[[], int] = time.time_ns,
        unstepped: Callable[[], int] = lambda: time.clock_gettime_ns(_UNSTEPPED),
    ) -> None:
        self._wall = wall
        self._unstepped = unstepped
        self._lock = threading.Lock()
        self._read_at = unstepped()
        self._now = wall()

    def __call__(self) -> int:
        """The time of the service, in ms."""
        with self._lock:
            return self._advance() // _NS_PER_MS

    def wall(self) -> int:
        """The wall clock, in ms."""
        return self._wall() // _NS_PER_MS

    def not_before(self, time_ms: int) -> int:
        """The time of the service, moved forward to `time_ms` if that is later."""
        with self._lock:
            self._now = max(self._advance(), time_ms * _NS_PER_MS)
            return self._now // _NS_PER_MS

    def _advance(self) -> int:
        read_at = self._unstepped()
        elapsed = read_at - self._read_at
        behind = self._wall() - (self._now + elapsed)
        most = elapsed // _SLEWING
        self._now += elapsed + min(max(behind, -most), most)
        self._read_at = read_at
        return self._now
