"""A server with its load, and the CPU time that a run of it takes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from tests.benchmarks.load import Run
from tests.benchmarks.server import Server

#: The share of a run's time for which other processes may use the core.
_MOST_OTHERS = 0.1
#: The share of a run's time from which on a server counts as saturated.
_SATURATED = 0.9


class Sample(NamedTuple):
    """A run, the server's CPU seconds, and those of other processes on its core meanwhile."""

    run: Run
    cpu_seconds: float
    others_seconds: float

    @property
    def cpu_us(self) -> float:
        """CPU time per request, µs."""
        return self.cpu_seconds / self.run.answered * 1e6

    @property
    def is_undisturbed(self) -> bool:
        """Whether the server had the core for itself."""
        return self.others_seconds <= self.run.seconds * _MOST_OTHERS

    @property
    def is_saturated(self) -> bool:
        """Whether the server used the whole core; otherwise the load was too low."""
        return self.cpu_seconds >= self.run.seconds * _SATURATED


class Workload(NamedTuple):
    """A server and one run of its load.

    `saturates` if that run must use the whole core. `background` is active during a run, but its
    requests are not counted.
    """

    server: Server
    run: Callable[[], Run]
    saturates: bool = False
    background: Callable[[], AbstractContextManager[object]] = nullcontext

    def measure(self) -> Sample:
        """One run. Raises InvalidRun."""
        with self.background():
            return self._measure()

    def _measure(self) -> Sample:
        cpu, busy = self.server.cpu_seconds(), self.server.core_busy_seconds()
        run = self.run()
        cpu, busy = self.server.cpu_seconds() - cpu, self.server.core_busy_seconds() - busy
        return Sample(run, cpu, max(busy - cpu, 0))
