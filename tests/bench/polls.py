"""What a poll costs: answered from memory, answered 304, read from the database, in a storm."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, islice

from bot.codes import poll_token
from bot.records import Verification
from storage.database import Database
from storage.ids import Ids
from storage.statements import Dialect
from storage.writer import wall_clock
from tests.bench import figures
from tests.bench.databases import Kind
from tests.bench.figures import Figure, Measured
from tests.bench.load import Run, Void, load
from tests.bench.requests import NUMBER, Requests, Text, get
from tests.bench.rig import Rig
from tests.bench.rounds import Lane
from tests.bench.service import API_KEY, SECRETS, Target
from tests.bench.webapp import ETAG
from webhooks.http.paths import VERIFICATION_PREFIX as PREFIX
from webhooks.watch.live import CAPACITY

_POLLED = 501  # odd, so that each is polled with either
_LIFE = 3_600_000
#: More than the board holds, so that each is gone from it before its turn comes again.
_UNHELD = 2 * CAPACITY
_STORM = 60_000
#: So many times as many polls as webhooks, at most, are answered in a run.
_POLLS_TO_WEBHOOKS = 5


class Polls:
    """Half of the polls bring the web app's key, half of them the verification's token."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def measure(self, kinds: Sequence[Kind]) -> Iterator[Measured]:
        """From memory, 304, from the database, in a storm."""
        url, ids = self._open(Kind.SQLITE, _POLLED)
        with Target(self._rig.bench, url) as target:
            yield self._ratio(figures.POLL, target, ids)
            yield self._ratio(figures.UNCHANGED, target, ids, ETAG)
        for kind in kinds:
            yield self._storm(kind)
            url, ids = self._open(kind, _UNHELD)
            with Target(self._rig.bench, url) as target:
                yield self._ratio(figures.UNHELD[kind], target, ids)

    def _storm(self, kind: Kind) -> Measured:
        figure = figures.STORM[kind]
        self._rig.report(f"{figure.name}:")
        url, ids = self._open(kind, _POLLED)
        with Target(self._rig.bench, url) as target:
            try:
                run = load(target.port, self._write(self._mixed(ids)), 4 * self._rig.seconds)
            except Void as void:
                self._rig.report(f"  void: {void}")
                return Measured(figure, None)
        self._rig.report(f"  {run.rate:6.0f}/s; p50 {run.p50:.1f}, p99 {run.p99:.1f} ms")
        return Measured(figure, run.slowest)

    def _open(self, kind: Kind, many: int) -> tuple[str, list[str]]:
        url = self._rig.databases.fresh(kind)
        return url, open_verifications(url, many)

    def _ratio(self, figure: Figure, target: Target, ids: list[str], etag: str = "") -> Measured:
        self._rig.report(f"{figure.name}:")
        run = _Run(self._rig, target, ids, etag)
        found = self._rig.in_turn(Lane(target.server, run), self._rig.reference.read)
        return Measured(figure, found.ratio)

    def _write(self, requests: Iterable[bytes]) -> Requests:
        return self._rig.bench.files.write(requests)

    def _mixed(self, ids: list[str]) -> Iterator[bytes]:
        texts = (Text(phone, "LOGIN") for phone in self._rig.bench.phones.take(_STORM))
        asked = polls(ids)
        for webhook in self._rig.bench.telnyx.requests(texts):
            yield webhook
            for poll in islice(asked, 2):
                yield _as_long_as(webhook, poll)


class _Run:
    """Polls in turn, each run from where the last one ended: what is polled again has been gone
    from memory for long, if there are ids enough."""

    def __init__(self, rig: Rig, target: Target, ids: list[str], etag: str) -> None:
        self._rig = rig
        self._target = target
        self._ids = deque(ids)
        self._headers = {"if_none_match": etag} if etag else {}
        self._status = 304 if etag else 200

    def __call__(self) -> Run:
        asked = islice(polls(self._ids, **self._headers), self._most)
        requests = self._rig.bench.files.write(asked)
        try:
            run = load(self._target.port, requests, self._rig.seconds, status=self._status)
        finally:
            requests.path.unlink()
        self._ids.rotate(-run.answered)
        return run

    @property
    def _most(self) -> int:
        return _POLLS_TO_WEBHOOKS * self._rig.most_webhooks


def open_verifications(url: str, many: int) -> list[str]:
    """The ids of so many that wait for a LOGIN, laid down in the database itself."""
    database, fresh, now = Database(url), Ids(), wall_clock()
    opened = [_waiting(fresh.id("ver", now), now) for _ in range(many)]
    rows = Dialect(sqlite=database.is_sqlite).verifications
    with database.writing.connect() as connection:
        for start in range(0, many, 1000):
            with connection.begin():
                rows.write(connection, opened[start : start + 1000])
    database.dispose()
    return [one.id for one in opened]


def _waiting(id: str, now: int) -> Verification:
    return Verification(
        *(id, 1, "bench", "text", "reply", "pending", "login", None, NUMBER),
        *(now, now + _LIFE, 5),
    )


def polls(ids: Iterable[str], **headers: str) -> Iterator[bytes]:
    """Of each in turn, for ever; with the key, and with its token."""
    for number, id in enumerate(cycle(ids)):
        bearer = poll_token(SECRETS, id) if number % 2 else API_KEY
        yield get(f"{PREFIX}{id}", authorization=f"Bearer {bearer}", **headers)


def _as_long_as(longer: bytes, request: bytes) -> bytes:
    """The request with a header that nobody reads."""
    padding = "x" * (len(longer) - len(request) - len("padding: \r\n"))
    return request[:-2] + f"padding: {padding}\r\n\r\n".encode()
