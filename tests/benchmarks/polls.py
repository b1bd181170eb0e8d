"""The throughput of polls: from memory, unchanged, from the database, and among LOGINs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from tests.benchmarks import figures
from tests.benchmarks.databases import Kind
from tests.benchmarks.errors import InvalidRun
from tests.benchmarks.figures import Figure, Measurement
from tests.benchmarks.load import Run, load
from tests.benchmarks.open_verifications import open_verifications
from tests.benchmarks.poll_requests import padded, polls
from tests.benchmarks.setup import Setup
from tests.benchmarks.target import Target
from tests.benchmarks.web_app import ETAG
from tests.benchmarks.workload import Workload
from webhooks.watch.live import CAPACITY

_POLLED = 501  # odd, so that each is polled with the key and with its token
#: More than fit in memory, so that each has left it before its next poll.
_STORED = 2 * CAPACITY
_MIXED_LOGINS = 60_000
_POLLS_PER_LOGIN = 2
#: A run answers at most so many times as many polls as it would answer webhooks.
_POLLS_TO_WEBHOOKS = 5


class Polls:
    """Compares polls with GET requests to the bare route."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def measure(self, kinds: Sequence[Kind]) -> Iterator[Measurement]:
        """Polls from memory on SQLite, the rest on these kinds of database."""
        url, ids = self._open(Kind.SQLITE, _POLLED)
        with self._setup.target(url) as target:
            yield self._ratio(figures.POLL_CACHED, target, ids)
            yield self._ratio(figures.POLL_UNCHANGED, target, ids, ETAG)
        for kind in kinds:
            yield self._mixed(kind)
            url, ids = self._open(kind, _STORED)
            with self._setup.target(url) as target:
                yield self._ratio(figures.POLL_STORED[kind], target, ids)

    def _mixed(self, kind: Kind) -> Measurement:
        figure = figures.MIXED_LOAD[kind]
        self._setup.report(f"{figure.name}:")
        url, ids = self._open(kind, _POLLED)
        requests = self._setup.traffic.files.write(self._logins_and_polls(ids))
        with self._setup.target(url) as target:
            try:
                run = load(target.port, requests, 4 * self._setup.seconds)
            except InvalidRun as error:
                self._setup.report(f"  invalid run: {error}")
                return Measurement(figure, None)
        self._setup.report(f"  {run.rate:6.0f}/s; p50 {run.p50:.1f}, p99 {run.p99:.1f} ms")
        return Measurement(figure, run.slowest)

    def _open(self, kind: Kind, many: int) -> tuple[str, list[str]]:
        url = self._setup.new_database(kind)
        return url, open_verifications(url, many)

    def _ratio(
        self, figure: Figure, target: Target, ids: Iterable[str], etag: str = ""
    ) -> Measurement:
        self._setup.report(f"{figure.name}:")
        workload = Workload(target.server, _PollRun(self._setup, target, ids, etag))
        rounds = self._setup.alternate(workload, self._setup.reference.get)
        return Measurement(figure, rounds.ratio)

    def _logins_and_polls(self, ids: Iterable[str]) -> Iterator[bytes]:
        traffic, requests = self._setup.traffic, polls(ids)
        for webhook in traffic.signer.requests(traffic.logins(_MIXED_LOGINS)):
            yield webhook
            for poll in islice(requests, _POLLS_PER_LOGIN):
                yield padded(poll, len(webhook))


class _PollRun:
    """Polls the verifications in turn. A run continues where the last one ended: with enough ids,
    each has left memory before its next poll."""

    def __init__(self, setup: Setup, target: Target, ids: Iterable[str], etag: str) -> None:
        self._setup = setup
        self._target = target
        self._ids = deque(ids)
        self._headers = {"if_none_match": etag} if etag else {}
        self._status = 304 if etag else 200

    def __call__(self) -> Run:
        most = _POLLS_TO_WEBHOOKS * self._setup.most_webhooks
        requests = self._setup.traffic.files.write(islice(polls(self._ids, **self._headers), most))
        try:
            run = load(self._target.port, requests, self._setup.seconds, status=self._status)
        finally:
            requests.path.unlink()
        self._ids.rotate(-run.answered)
        return run
