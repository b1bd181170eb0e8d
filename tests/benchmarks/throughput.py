"""Webhooks a second and how long each takes, with the texts that they cause held back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.benchmarks import figures
from tests.benchmarks.databases import Kind
from tests.benchmarks.figures import Measured
from tests.benchmarks.history import fill
from tests.benchmarks.mixes import MIXES, Mix, login
from tests.benchmarks.rig import Rig
from tests.benchmarks.rounds import Lane
from tests.benchmarks.service import Target

_ALONE_MOST = 5000
_RATIOS = {Mix.LOGIN: figures.LOGIN, Mix.CHAT: figures.CHAT, Mix.CODE: figures.CODE}


class Throughput:
    """Measures one target after the other beside the same reference."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def ratio(self, mix: Mix, kind: Kind) -> Iterator[Measured]:
        """One mix on one database; for LOGINs the slowest hundredth too."""
        self._rig.report(f"{_RATIOS[mix][kind].name}:")
        with Target(self._rig.bench, self._rig.databases.fresh(kind)) as target:
            run = partial(MIXES[mix], target, self._rig.most_webhooks, self._rig.seconds)
            found = self._rig.in_turn(Lane(target.server, run), self._rig.reference.posted)
        yield Measured(_RATIOS[mix][kind], found.ratio)
        if mix is Mix.LOGIN:
            yield Measured(figures.P99[kind], found.p99)

    def alone(self, kind: Kind) -> Iterator[Measured]:
        """One connection: what a phone waits for when nobody else texts."""
        self._rig.report(f"{figures.ALONE[kind].name}:")
        with Target(self._rig.bench, self._rig.databases.fresh(kind)) as target:
            run = partial(login, target, _ALONE_MOST * self._rig.seconds, self._rig.seconds, 1)
            found = self._rig.in_turn(Lane(target.server, run), self._rig.reference.posted)
        yield Measured(figures.ALONE[kind], found.p50)

    def history(self) -> Iterator[Measured]:
        """A SQLite file with a past beside an empty one."""
        self._rig.report(f"{figures.HISTORY.name}: filling, which takes minutes …")
        past, empty = (self._rig.databases.fresh(Kind.SQLITE) for _ in range(2))
        fill(past, self._rig.bench.phones)
        with Target(self._rig.bench, past) as full, Target(self._rig.bench, empty) as young:
            lane, beside = (
                Lane(
                    target.server,
                    partial(login, target, self._rig.most_webhooks, self._rig.seconds),
                )
                for target in (full, young)
            )
            found = self._rig.in_turn(lane, beside)
        yield Measured(figures.HISTORY, found.ratio)
