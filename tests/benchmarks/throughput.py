"""Webhooks per second and their latency, with the texts that they cause held back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.benchmarks import figures
from tests.benchmarks.databases import Kind
from tests.benchmarks.figures import Measurement
from tests.benchmarks.history import fill
from tests.benchmarks.mixes import MIXES, Mix, login
from tests.benchmarks.setup import Setup
from tests.benchmarks.target import Target
from tests.benchmarks.workload import Workload

_MOST_PER_SECOND = 5000


class Throughput:
    """One target at a time, compared with the bare route."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def ratio(self, mix: Mix, kind: Kind) -> Iterator[Measurement]:
        """One mix on one database; for LOGINs also the 99th percentile of latency."""
        figure = figures.THROUGHPUT[mix][kind]
        self._setup.report(f"{figure.name}:")
        with self._setup.target(self._setup.new_database(kind)) as target:
            workload = mix_workload(self._setup, mix, target)
            rounds = self._setup.alternate(workload, self._setup.reference.post)
        yield Measurement(figure, rounds.ratio)
        if mix is Mix.LOGIN:
            yield Measurement(figures.LOGIN_P99[kind], rounds.p99)

    def latency(self, kind: Kind) -> Iterator[Measurement]:
        """The median over one connection: the service has no other load."""
        figure, seconds = figures.LATENCY[kind], self._setup.seconds
        self._setup.report(f"{figure.name}:")
        with self._setup.target(self._setup.new_database(kind)) as target:
            run = partial(login, target, _MOST_PER_SECOND * seconds, seconds, 1)
            workload = Workload(target.server, run)
            rounds = self._setup.alternate(workload, self._setup.reference.post)
        yield Measurement(figure, rounds.p50)

    def history(self) -> Iterator[Measurement]:
        """A SQLite file with a million phones, compared with an empty one."""
        self._setup.report(f"{figures.HISTORY.name}: fills the database, which takes minutes …")
        filled, empty = (self._setup.new_database(Kind.SQLITE) for _ in range(2))
        fill(filled, self._setup.traffic.phones)
        with self._setup.target(filled) as full, self._setup.target(empty) as young:
            workload, other = (
                mix_workload(self._setup, Mix.LOGIN, target) for target in (full, young)
            )
            rounds = self._setup.alternate(workload, other)
        yield Measurement(figures.HISTORY, rounds.ratio)


def mix_workload(setup: Setup, mix: Mix, target: Target) -> Workload:
    """Runs of a mix that end before they lack requests."""
    return Workload(target.server, partial(MIXES[mix], target, setup.most_webhooks, setup.seconds))
