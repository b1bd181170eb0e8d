"""Two workloads in alternation on one core, so that a disturbance affects both alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median
from typing import NamedTuple

from tests.benchmarks.errors import InvalidRun
from tests.benchmarks.workload import Sample, Workload

#: By this share of the higher rate, the runs before and after may differ.
_STEADY = 0.15
#: At most so many rounds for each steady round that is wanted.
_TRIES = 3

Report = Callable[[str], None]


class Round(NamedTuple):
    """A run between two runs of the workload that it is compared with."""

    before: Sample
    measured: Sample
    after: Sample

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.measured.run.rate

    @property
    def other_rate(self) -> float:
        """Requests per second of the workload it is compared with."""
        return (self.before.run.rate + self.after.run.rate) / 2

    @property
    def ratio(self) -> float:
        """The one rate divided by the other."""
        return self.rate / self.other_rate

    def is_steady(self, *, saturated: bool) -> bool:
        """Whether nothing else influenced it; `saturated` if the runs around it must be."""
        low, high = sorted((self.before.run.rate, self.after.run.rate))
        return (
            high - low <= _STEADY * high
            and all(sample.is_undisturbed for sample in self)
            and (not saturated or (self.before.is_saturated and self.after.is_saturated))
        )

    def __str__(self) -> str:
        run, before, after = self.measured.run, self.before.run, self.after.run
        return (
            f"{run.rate:6.0f}/s, compared with {before.rate:6.0f} and {after.rate:6.0f}/s: "
            f"{self.ratio:.3f}; CPU per request {self.measured.cpu_us:.0f} and "
            f"{self.before.cpu_us:.0f} µs; p50 {run.p50:.1f}, p99 {run.p99:.1f} ms"
        )


class Rounds(NamedTuple):
    """The rounds that count: the steady ones, or all if none is steady.

    `is_disturbed` if there are fewer steady rounds than wanted.
    """

    counted: list[Round]
    is_disturbed: bool = False

    @property
    def ratio(self) -> float | None:
        """The median of the ratios; like the others None if there is no round."""
        return self._median(lambda one: one.ratio)

    @property
    def rate(self) -> float | None:
        """The median rate, requests per second."""
        return self._median(lambda one: one.rate)

    @property
    def other_rate(self) -> float | None:
        """The median rate of the workload it is compared with, requests per second."""
        return self._median(lambda one: one.other_rate)

    @property
    def cpu_us(self) -> float | None:
        """The median CPU time per request, µs."""
        return self._median(lambda one: one.measured.cpu_us)

    @property
    def other_cpu_us(self) -> float | None:
        """The median CPU time per request of the workload it is compared with, µs."""
        return self._median(lambda one: (one.before.cpu_us + one.after.cpu_us) / 2)

    @property
    def p50(self) -> float | None:
        """The median of the median latencies, ms."""
        return self._median(lambda one: one.measured.run.p50)

    @property
    def p99(self) -> float | None:
        """The median of the 99th percentiles of latency, ms."""
        return self._median(lambda one: one.measured.run.p99)

    def _median(self, value: Callable[[Round], float]) -> float | None:
        return median(map(value, self.counted)) if self.counted else None


def alternate(workload: Workload, other: Workload, rounds: int, report: Report) -> Rounds:
    """Run both in turn until there are so many steady rounds, or three times as many in all."""
    steady: list[Round] = []
    disturbed: list[Round] = []
    for one in _rounds(workload, other, rounds * _TRIES, report):
        is_steady = one.is_steady(saturated=other.saturates)
        (steady if is_steady else disturbed).append(one)
        report(f"  {one}{'' if is_steady else ' (disturbed)'}")
        if len(steady) == rounds:
            return Rounds(steady)
    report("  other processes use these cores: the figure is inaccurate")
    return Rounds(steady or disturbed, is_disturbed=True)


def _rounds(workload: Workload, other: Workload, most: int, report: Report) -> Iterator[Round]:
    """At most so many rounds after a first pair of runs; an invalid run is only reported."""
    before: Sample | None = None
    for _ in range(1 + most):
        try:
            measured, after = workload.measure(), other.measure()
        except InvalidRun as error:
            report(f"  invalid run: {error}")
            continue
        if before is not None:
            yield Round(before, measured, after)
        before = after
