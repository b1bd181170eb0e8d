"""What a fault works on: the service under a supervisor, its database, Telnyx, phones, a ledger."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmarks.databases import Kind
from tests.benchmarks.event_loop import EventLoopThread
from tests.benchmarks.launcher import READY_TO_SEND
from tests.faults.databases import PostgresqlServer, SqliteFile
from tests.faults.disk import Disk
from tests.faults.faketime import Faketime
from tests.faults.fault import Plan
from tests.faults.ledger import Ledger
from tests.faults.options import Options
from tests.faults.phones import Phones
from tests.faults.served_process import ServedProcess
from tests.faults.stepped_clock import SteppedClock
from tests.faults.supervisor import Supervisor
from tests.faults.telnyx import Answer, FaultyTelnyx, accept
from tests.faults.wall_clock import WallClock
from tests.faults.webhook_delivery import WebhookDelivery
from tests.harness.postgres import Postgres
from tests.harness.settings import environment
from tests.harness.telnyx_events import Signer

_PROCESSES = {Kind.SQLITE: 1, Kind.POSTGRESQL: 2}
#: Parts of the paths of the files that hold the data.
_DATA_FILES = {Kind.SQLITE: "textlogin.db", Kind.POSTGRESQL: "/base/"}
_START_S = 60.0
_POLL_S = 0.05


class Testbed:
    """Runs while its `with` block does. `folder` is empty and not deleted. A PostgreSQL server is
    started where one is needed and not given.

    Raises Skipped if this machine lacks what the plan needs.
    """

    __test__ = False

    def __init__(
        self,
        kind: Kind,
        plan: Plan,
        options: Options,
        folder: Path,
        server: Postgres | None = None,
    ) -> None:
        self.options = options
        self.ledger = Ledger()
        self.processes: list[ServedProcess] = []
        self.problems: list[str] = []
        self._kind = kind
        self._plan = plan
        self._folder = folder
        self._server = server
        self._stack = ExitStack()
        self._wall_clock = WallClock()
        self._signer = Signer(self._wall_clock)
        self._disk = Disk(folder, _DATA_FILES[kind]) if plan.disk else None
        self._clock = self._make_clock()

    def __enter__(self) -> Testbed:
        try:
            self._open()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # -- what faults use ---------------------------------------------------------------------------

    @property
    def is_sqlite(self) -> bool:
        return self._kind is Kind.SQLITE

    @property
    def sqlite(self) -> SqliteFile:
        assert isinstance(self.database, SqliteFile)
        return self.database

    @property
    def postgresql(self) -> PostgresqlServer:
        assert isinstance(self.database, PostgresqlServer)
        return self.database

    @property
    def disk(self) -> Disk:
        """With `Plan.disk`."""
        assert self._disk is not None
        return self._disk

    @property
    def clock(self) -> SteppedClock | Faketime:
        """With `Plan.clock`."""
        assert self._clock is not None
        return self._clock

    def hold(self, seconds: float) -> None:
        """Let the fault last; a short run shortens it."""
        time.sleep(min(seconds, self.options.longest_s))

    def expect(self, holds: bool, otherwise: str) -> None:
        """Report the row as broken if a promise that only this fault checks does not hold."""
        if not holds:
            self.problems.append(otherwise)

    def expect_not_ready(self) -> None:
        """Report the row as broken if a process says that it accepts webhooks."""
        self.expect(not any(one.answers("/readyz") for one in self.processes), "/readyz is 200")

    def start_another(self) -> int:
        """Start one more process on the same database; the status with which it ends."""
        another = ServedProcess(self._folder, self.processes[0].environment)
        another.start()
        try:
            return another.ends(_START_S)
        finally:
            another.stop()

    def log_in(self, *phones: str) -> None:
        """LOGINs of these phones, beside the steady ones."""
        self._thread.run(self._phones.log_in(*phones))

    @contextmanager
    def telnyx_answers(self, answer: Answer) -> Iterator[None]:
        """Telnyx misbehaves during the block."""
        self.telnyx.answer = answer
        try:
            yield
        finally:
            self.telnyx.answer = accept

    @contextmanager
    def telnyx_unreachable(self) -> Iterator[None]:
        """Telnyx refuses connections during the block."""
        self._thread.run(self.telnyx.close())
        try:
            yield
        finally:
            self._thread.run(self.telnyx.open())

    # -- what a row uses ---------------------------------------------------------------------------

    def begin_load(self) -> None:
        """Phones log in from here on: a few until each process can send, then all."""
        began_at = time.monotonic()
        self._thread.run(self._phones.start(len(self.processes)))
        assert self.recovery_s(began_at, _START_S) is not None, "the service does not start"
        assert _wait(self._can_send, _START_S), "a process cannot send"
        self.ledger.end_warm_up()
        per_second = min(self._plan.rate, self.options.most_per_second)
        self._thread.run(self._phones.start(per_second))

    def end_load(self) -> None:
        """No more logins; wait for those under way, then no webhook is repeated any more."""
        self._thread.run(self._phones.stop())
        _wait(self.ledger.is_settled, self.options.patience_s)
        self._thread.run(self._phones.give_up())

    def recovery_s(self, since: float, patience_s: float) -> float | None:
        """Seconds from a moment until all processes are ready, and each of them has acknowledged a
        LOGIN begun after the moment whose code has arrived. None if not within the patience."""
        has_recovered = _wait(lambda: self._works(since), patience_s)
        return time.monotonic() - since if has_recovered else None

    def _works(self, since: float) -> bool:
        codes = [self.ledger.first_code_after(since, one) for one in range(len(self.processes))]
        return None not in codes and all(one.answers("/readyz") for one in self.processes)

    def _can_send(self) -> bool:
        return all(READY_TO_SEND in one.log.read_text() for one in self.processes)

    # -- building it -------------------------------------------------------------------------------

    def _make_clock(self) -> SteppedClock | Faketime | None:
        if self._plan.clock is None:
            return None
        kind = SteppedClock if self._plan.clock == "ours" else Faketime
        return kind(self._folder, self._wall_clock)

    def _open(self) -> None:
        self._folder.chmod(0o755)  # PostgreSQL's user reads the disk's commands
        self._thread = self._stack.enter_context(EventLoopThread())
        self.database = self._make_database()
        self._stack.callback(self.database.close)
        self.telnyx = FaultyTelnyx(
            lambda phone, text: self._phones.receive(phone, text),
            lambda receipt: self._phones.report(receipt),
        )
        self._thread.run(self.telnyx.open())
        self._stack.callback(lambda: self._thread.run(self.telnyx.close()))
        self.processes = self._make_processes()
        delivery = WebhookDelivery(
            [one.url for one in self.processes],
            self._signer,
            self.ledger,
            opens_connections=self._plan.opens_connections,
        )
        self._phones = Phones(self.ledger, delivery)
        self._thread.run(delivery.open())
        self._stack.callback(lambda: self._thread.run(delivery.close()))
        self._stack.callback(lambda: self._thread.run(self._phones.give_up()))
        self._stack.callback(Supervisor(self.processes).stop)

    def _make_database(self) -> SqliteFile | PostgresqlServer:
        if self.is_sqlite:
            return SqliteFile(self._folder)
        if self._server is None:
            self._server = self._start_server()
            self._stack.callback(self._server.remove)
        return PostgresqlServer(self._thread, self._server)

    def _start_server(self) -> Postgres:
        """With the disk of the plan, which PostgreSQL inherits from our environment."""
        preload = self._disk.environment if self._disk else {}
        os.environ.update(preload)
        try:
            return Postgres(durable=True, tcp=True)
        finally:
            for name in preload:
                del os.environ[name]

    def _make_processes(self) -> list[ServedProcess]:
        public_key, url = self._signer.public_key, self._database_url()
        given = environment(
            url,
            public_key,
            TELNYX_BASE_URL=self.telnyx.url,
            CODES_PER_DAY_TOTAL="none",
            TEXTS_PER_DAY_TOTAL="none",
        )
        for preloaded in (self._disk if self.is_sqlite else None, self._clock):
            given |= preloaded.environment if preloaded else {}
        given |= self._plan.settings
        count = self._plan.processes or _PROCESSES[self._kind]
        return [ServedProcess(self._folder, given, self._plan.file_limit) for _ in range(count)]

    def _database_url(self) -> str:
        form = self._plan.replicated_url
        if form is None:
            return self.database.url
        self.replica = self.postgresql.server.replica()
        self._stack.callback(self.replica.remove)
        return self.postgresql.replicated_url(form, self.replica)


def _wait(holds: Callable[[], bool], patience_s: float) -> bool:
    """Wait until it holds. Whether it did within the patience."""
    deadline = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True
