"""Ten thousand polls that wait: their memory, how soon they are woken, what they cost others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from statistics import median

from tests.benchmarks import figures
from tests.benchmarks.databases import Kind
from tests.benchmarks.figures import Measured
from tests.benchmarks.load import Void, load
from tests.benchmarks.mixes import login
from tests.benchmarks.polls import open_verifications, polls
from tests.benchmarks.rig import Rig
from tests.benchmarks.rounds import Lane
from tests.benchmarks.service import Target
from tests.benchmarks.webapp import WebApp

_WAITING = 10_000
_WOKEN = 200
_ACROSS = 100
_LONG_ENOUGH = 20


class Waiting:
    """Polls by a web app's key, each renewed when its 25 seconds are over."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def measure(self) -> Iterator[Measured]:
        """On SQLite; across two processes on PostgreSQL."""
        self._rig.report("10,000 waiting polls:")
        yield from self._each_its_own()
        yield self._all_one()
        yield self._across()

    def _each_its_own(self) -> Iterator[Measured]:
        url = self._rig.databases.fresh(Kind.SQLITE)
        ids = open_verifications(url, _WAITING)
        with Target(self._rig.bench, url) as target, WebApp() as app:
            self._read_all(target, ids)
            login(target, 1000, self._rig.seconds)  # warm
            holding = partial(app.holding, target.port, ids)
            before = target.server.memory()
            with holding():
                taken = (target.server.memory() - before) * 1e6 / 1024 / _WAITING
            yield Measured(figures.WAITER, taken)

            most = self._rig.most_webhooks
            alone = Lane(target.server, partial(login, target, most, self._rig.seconds))
            found = self._rig.in_turn(alone._replace(beside=holding), alone)
            yield Measured(figures.BESIDE, found.ratio)

            with holding():
                woken = ids[:: _WAITING // _WOKEN]
                yield Measured(figures.WOKEN, self._median_ms(app, target.port, woken))

    def _read_all(self, target: Target, ids: Sequence[str]) -> None:
        """What waits is in memory already; that is not what waiting costs."""
        requests = self._rig.bench.files.write(islice(polls(ids), len(ids)))
        load(target.port, requests, _LONG_ENOUGH)

    def _all_one(self) -> Measured:
        url = self._rig.databases.fresh(Kind.SQLITE)
        (id,) = open_verifications(url, 1)
        with (
            Target(self._rig.bench, url) as target,
            WebApp() as app,
            app.holding(target.port, [id] * _WAITING),
        ):
            try:
                *_, last = app.cancel(target.port, id)
            except Void as void:
                self._rig.report(f"  void: {void}")
                return Measured(figures.ALL_WOKEN, None)
        return Measured(figures.ALL_WOKEN, last)

    def _across(self) -> Measured:
        url = self._rig.databases.fresh(Kind.POSTGRESQL)
        ids = open_verifications(url, _ACROSS)
        with ExitStack() as stack:
            one, other = (stack.enter_context(Target(self._rig.bench, url)) for _ in range(2))
            app = stack.enter_context(WebApp())
            stack.enter_context(app.holding(one.port, ids))
            return Measured(figures.ACROSS, self._median_ms(app, other.port, ids))

    def _median_ms(self, app: WebApp, port: int, ids: Sequence[str]) -> float | None:
        took: list[float] = []
        for id in ids:
            try:
                took += app.cancel(port, id)
            except Void as void:
                self._rig.report(f"  void: {void}")
                return None
        return median(took) * 1000
