"""Ten thousand waiting polls: their memory, the delay until they are answered, their effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from statistics import median

from tests.benchmarks import figures
from tests.benchmarks.databases import Kind
from tests.benchmarks.errors import InvalidRun
from tests.benchmarks.figures import Measurement
from tests.benchmarks.load import load
from tests.benchmarks.mixes import Mix, login
from tests.benchmarks.open_verifications import open_verifications
from tests.benchmarks.poll_requests import polls
from tests.benchmarks.setup import Setup
from tests.benchmarks.target import Target
from tests.benchmarks.throughput import mix_workload
from tests.benchmarks.web_app import WebApp

_WAITING = 10_000
_CANCELLED = 200
_AT_OTHER_PROCESS = 100
_WARM_UP_LOGINS = 1000
_READ_ALL_S = 20


class WaitingPolls:
    """Polls with a web app's key, each renewed when its 25 seconds are over."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def measure(self) -> Iterator[Measurement]:
        """One process on SQLite, two processes on PostgreSQL."""
        self._setup.report("10,000 waiting polls:")
        yield from self._one_verification_each()
        yield self._one_verification_for_all()
        yield self._at_other_process()

    def _one_verification_each(self) -> Iterator[Measurement]:
        url = self._setup.new_database(Kind.SQLITE)
        ids = open_verifications(url, _WAITING)
        with self._setup.target(url) as target, WebApp() as app:
            self._warm_up(target, ids)
            yield self._memory(target, app, ids)
            yield self._effect_on_logins(target, app, ids)
            with app.waiting_polls(target.port, ids):
                cancelled = ids[:: _WAITING // _CANCELLED]
                yield Measurement(figures.WAKE_ONE, self._median_ms(app, target.port, cancelled))

    def _warm_up(self, target: Target, ids: Sequence[str]) -> None:
        """Read all verifications into memory, which must not count as memory of the polls."""
        requests = self._setup.traffic.files.write(islice(polls(ids), len(ids)))
        load(target.port, requests, _READ_ALL_S)
        login(target, _WARM_UP_LOGINS, self._setup.seconds)

    def _memory(self, target: Target, app: WebApp, ids: Sequence[str]) -> Measurement:
        before = target.server.memory_bytes()
        with app.waiting_polls(target.port, ids):
            taken = target.server.memory_bytes() - before
        return Measurement(figures.WAITING_MEMORY, taken / 1024 / len(ids))

    def _effect_on_logins(self, target: Target, app: WebApp, ids: Sequence[str]) -> Measurement:
        alone = mix_workload(self._setup, Mix.LOGIN, target)
        polled = alone._replace(background=partial(app.waiting_polls, target.port, ids))
        return Measurement(figures.LOGIN_WHILE_WAITING, self._setup.alternate(polled, alone).ratio)

    def _one_verification_for_all(self) -> Measurement:
        url = self._setup.new_database(Kind.SQLITE)
        (id,) = open_verifications(url, 1)
        with (
            self._setup.target(url) as target,
            WebApp() as app,
            app.waiting_polls(target.port, [id] * _WAITING),
        ):
            try:
                *_, last_s = app.cancel(target.port, id)
            except InvalidRun as error:
                self._setup.report(f"  invalid run: {error}")
                return Measurement(figures.WAKE_ALL, None)
        return Measurement(figures.WAKE_ALL, last_s)

    def _at_other_process(self) -> Measurement:
        url = self._setup.new_database(Kind.POSTGRESQL)
        ids = open_verifications(url, _AT_OTHER_PROCESS)
        with ExitStack() as stack:
            polled, other = (stack.enter_context(self._setup.target(url)) for _ in range(2))
            app = stack.enter_context(WebApp())
            stack.enter_context(app.waiting_polls(polled.port, ids))
            return Measurement(figures.WAKE_OTHER_PROCESS, self._median_ms(app, other.port, ids))

    def _median_ms(self, app: WebApp, port: int, ids: Sequence[str]) -> float | None:
        """Cancel each at the service on that port; the median delay of the answers to its polls."""
        delays_s: list[float] = []
        for id in ids:
            try:
                delays_s += app.cancel(port, id)
            except InvalidRun as error:
                self._setup.report(f"  invalid run: {error}")
                return None
        return median(delays_s) * 1000
