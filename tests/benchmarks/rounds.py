"""Two things run in turn on the same core, so that whatever else the machine does meets both."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from statistics import median
from typing import NamedTuple

from tests.benchmarks import reference
from tests.benchmarks.load import Run, Void, load
from tests.benchmarks.processes import Server
from tests.benchmarks.requests import Requests, Text, get
from tests.benchmarks.service import Bench

#: What others may take of the core, as a part of the time.
_OTHERS = 0.1
#: The runs before and after agree, and a saturated server has its core for itself.
_STEADY = 0.15
_SATURATED = 0.9
_TRIES = 3
_BODIES = 500

Report = Callable[[str], None]


class Lap(NamedTuple):
    """A run, the CPU seconds that the server took for it, and what others took meanwhile."""

    run: Run
    cpu: float
    others: float

    @property
    def each(self) -> float:
        """Microseconds of CPU a request."""
        return self.cpu / self.run.answered * 1e6

    @property
    def is_undisturbed(self) -> bool:
        """Whether the core was the server's."""
        return self.others <= self.run.seconds * _OTHERS

    @property
    def is_saturated(self) -> bool:
        """Whether it used all of it: else the load was too weak."""
        return self.cpu >= self.run.seconds * _SATURATED


class Lane(NamedTuple):
    """A server, one run of its load, whether that should saturate it, and what goes on meanwhile
    but does not count."""

    server: Server
    run: Callable[[], Run]
    saturates: bool = False
    beside: Callable[[], AbstractContextManager[object]] = nullcontext

    def measure(self) -> Lap:
        """Runs it. Raises Void."""
        with self.beside():
            return self._measure()

    def _measure(self) -> Lap:
        cpu, busy = self.server.cpu(), self.server.core_busy()
        run = self.run()
        cpu, busy = self.server.cpu() - cpu, self.server.core_busy() - busy
        return Lap(run, cpu, max(busy - cpu, 0))


class Round(NamedTuple):
    """One run between two of what it is compared with."""

    before: Lap
    lap: Lap
    after: Lap

    @property
    def ratio(self) -> float:
        """Its rate to theirs."""
        return self.lap.run.rate / ((self.before.run.rate + self.after.run.rate) / 2)

    def is_steady(self, *, saturated: bool) -> bool:
        """Whether it tells about the two and not about a third."""
        low, high = sorted((self.before.run.rate, self.after.run.rate))
        return (
            high - low <= _STEADY * high
            and all(lap.is_undisturbed for lap in self)
            and (not saturated or (self.before.is_saturated and self.after.is_saturated))
        )

    def __str__(self) -> str:
        run, before, after = self.lap.run, self.before.run, self.after.run
        return (
            f"{run.rate:6.0f}/s beside {before.rate:6.0f} and {after.rate:6.0f}/s: "
            f"{self.ratio:.3f}; CPU each {self.lap.each:.0f} beside {self.before.each:.0f} µs; "
            f"p50 {run.p50:.1f}, p99 {run.p99:.1f} ms"
        )


class Rounds(NamedTuple):
    """Those that count."""

    counted: list[Round]

    @property
    def ratio(self) -> float | None:
        """The median one, None where no round counts."""
        return self._median(lambda one: one.ratio)

    @property
    def p50(self) -> float | None:
        """Of the median round, ms."""
        return self._median(lambda one: one.lap.run.p50)

    @property
    def p99(self) -> float | None:
        """Of the median round, ms."""
        return self._median(lambda one: one.lap.run.p99)

    def _median(self, value: Callable[[Round], float]) -> float | None:
        return median(map(value, self.counted)) if self.counted else None


def in_turn(lane: Lane, beside: Lane, rounds: int, report: Report) -> Rounds:
    """So many steady rounds; of three times as many at most, then whatever there was.

    A void round is reported and does not count.
    """
    steady: list[Round] = []
    rough: list[Round] = []
    before: Lap | None = None
    for _ in range(1 + rounds * _TRIES):  # the first one warms both up
        try:
            lap, after = lane.measure(), beside.measure()
        except Void as void:
            report(f"  void: {void}")
            continue
        if before is not None:
            one = Round(before, lap, after)
            is_steady = one.is_steady(saturated=beside.saturates)
            (steady if is_steady else rough).append(one)
            report(f"  {one}{'' if is_steady else ' (disturbed)'}")
        before = after
        if len(steady) == rounds:
            break
    if len(steady) < rounds:
        report("  something else runs on these cores: the figure is rough")
    return Rounds(steady or rough)


class Reference:
    """The bare route; what it takes is 1. `posted` is a webhook to it, `read` a plain GET."""

    def __init__(self, bench: Bench, seconds: int) -> None:
        self.server = bench.reference()
        texts = (Text(phone, "LOGIN") for phone in bench.phones.take(_BODIES))
        self.posted = self._lane(bench.files.write(bench.telnyx.requests(texts)), seconds)
        self.read = self._lane(bench.files.write([get(reference.READ)]), seconds)
        self.rate = self.posted.run().rate

    def _lane(self, requests: Requests, seconds: int) -> Lane:
        run = partial(load, self.server.port, requests, seconds, again=True)
        return Lane(self.server, run, saturates=True)

    def close(self) -> None:
        """Ends it."""
        self.server.stop()
