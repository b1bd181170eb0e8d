"""Webhooks a second and how long each takes, with the texts that they cause held back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.bench import figures
from tests.bench.databases import Databases, Kind
from tests.bench.figures import Measured
from tests.bench.history import fill
from tests.bench.mixes import MIXES, Mix, login
from tests.bench.rounds import Lane, Reference, Report, Rounds, in_turn
from tests.bench.service import Bench, Target

#: No service comes nearer to the bare route than this, so that requests are never too few.
_MOST = 0.4
_ALONE_MOST = 5000
_RATIOS = {Mix.LOGIN: figures.LOGIN, Mix.CHAT: figures.CHAT, Mix.CODE: figures.CODE}


class Throughput:
    """Measures one target after the other beside the same reference."""

    def __init__(
        self,
        bench: Bench,
        databases: Databases,
        reference: Reference,
        *,
        rounds: int,
        seconds: int,
        report: Report,
    ) -> None:
        self._bench = bench
        self._databases = databases
        self._reference = reference
        self._rounds = rounds
        self._seconds = seconds
        self._report = report

    def ratio(self, mix: Mix, kind: Kind) -> Iterator[Measured]:
        """One mix on one database; for LOGINs the slowest hundredth too."""
        self._report(f"{_RATIOS[mix][kind].name}:")
        with Target(self._bench, self._databases.fresh(kind)) as target:
            run = partial(MIXES[mix], target, self._most(), self._seconds)
            found = self._in_turn(Lane(target.server, run), self._reference.posted)
        yield Measured(_RATIOS[mix][kind], found.ratio)
        if mix is Mix.LOGIN:
            yield Measured(figures.P99[kind], found.p99)

    def alone(self, kind: Kind) -> Iterator[Measured]:
        """One connection: what a phone waits for when nobody else texts."""
        self._report(f"{figures.ALONE[kind].name}:")
        with Target(self._bench, self._databases.fresh(kind)) as target:
            run = partial(login, target, _ALONE_MOST * self._seconds, self._seconds, 1)
            found = self._in_turn(Lane(target.server, run), self._reference.posted)
        yield Measured(figures.ALONE[kind], found.p50)

    def history(self) -> Iterator[Measured]:
        """A SQLite file with a past beside an empty one."""
        self._report(f"{figures.HISTORY.name}: filling, which takes minutes …")
        past, empty = (self._databases.fresh(Kind.SQLITE) for _ in range(2))
        fill(past, self._bench.phones)
        with Target(self._bench, past) as full, Target(self._bench, empty) as young:
            lane, beside = (
                Lane(target.server, partial(login, target, self._most(), self._seconds))
                for target in (full, young)
            )
            found = self._in_turn(lane, beside)
        yield Measured(figures.HISTORY, found.ratio)

    def _in_turn(self, lane: Lane, beside: Lane) -> Rounds:
        return in_turn(lane, beside, self._rounds, self._report)

    def _most(self) -> int:
        return int(self._reference.rate * _MOST * self._seconds)
