"""The one writer: everything that changes state is a command, and commands are written in batches.

One batch is in flight, in one thread; what arrives meanwhile is the next one. Each is gathered,
decided and applied in one transaction; its callers are answered after the COMMIT, never before.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue

from msgspec import Struct
from sqlalchemy import Connection, RootTransaction
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.commands import Command
from bot.decide import decide
from bot.outcomes import Outcome
from bot.policy import Policy
from bot.records import Callback, Outbound, Verification
from bot.snapshot import Rows
from storage.apply import apply
from storage.database import Database, in_one_trip
from storage.gather import Gatherer
from storage.ids import Ids
from storage.listen import notifications
from storage.send_slots import SendSlots
from storage.statements import Statements

log = logging.getLogger("textlogin.writer")

LARGEST_BATCH = 512
#: Commands hold no bodies and no words, at most 3 KiB each: 10,000 stay below 32 MiB.
LONGEST_QUEUE = 10_000
#: Seconds: no batch lasts so long but one whose server says nothing.
_STUCK, _LOOK_EVERY = 5.0, 0.5


class Unavailable(Exception):
    """The command was not (or not provably) carried out; the same one may be sent again.

    ├── QueueFull    too much is waiting already
    ├── Poisoned     this command alone fails, again and again
    └── Stopped      the process is shutting down
    """


class QueueFull(Unavailable):
    """Too much is waiting already."""


class Poisoned(Unavailable):
    """The command itself can't be carried out."""


class Stopped(Unavailable):
    """No more commands are taken."""


class Commit(Struct, frozen=True):
    """What a durable batch has changed, for the sender and for whoever watches."""

    now: int
    verifications: Sequence[Verification]
    outbound: Sequence[Outbound]
    withdrawn: Sequence[str]
    callbacks: Sequence[Callback]


class _Waiting(Struct, frozen=True):
    command: Command
    caller: asyncio.Future[Outcome]


class _CommitLost(Exception):
    """COMMIT was said and not confirmed: whether it happened, only a reader can tell."""


Answer = Outcome | Unavailable


def wall_clock() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Writer:
    """Takes commands on the event loop, writes them in its own thread."""

    def __init__(
        self,
        database: Database,
        policy: Policy,
        *,
        on_commit: Callable[[Commit], None],
        on_doubt: Callable[[], None] = lambda: None,
        clock: Callable[[], int] = wall_clock,
    ) -> None:
        self.ids = Ids()
        self.slots = SendSlots()
        self.poisoned = 0
        #: By which other processes, and this one's listener, know who tells of a change.
        self.origin_id = self.slots.owner
        self._database = database
        self._policy = policy
        self._on_commit = on_commit
        self._on_doubt = on_doubt
        self._clock = clock
        self._dialect = Statements(sqlite=database.is_sqlite)
        self._gatherer = Gatherer(self._dialect)
        self._queue: SimpleQueue[list[_Waiting] | None] = SimpleQueue()
        self._arrived: list[_Waiting] = []
        self._queued = 0
        self._connection: Connection | None = None
        self._left: list[_Waiting] = []
        self._now = 0
        self._began: float | None = None
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts the thread; answers go to the running loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, command: Command) -> asyncio.Future[Outcome]:
        """Queues a command; the future is done after its COMMIT. Raises Unavailable at once
        where nothing more is taken. Cancelling it detaches the caller: the command still runs."""
        if self._stopped or self._loop is None:
            raise Stopped("the writer has stopped")
        if self._queued >= LONGEST_QUEUE:
            raise QueueFull("too many commands are waiting")
        caller = self._loop.create_future()
        if not self._arrived:  # handed over once this turn of the loop has connected everybody
            self._loop.call_soon(self._hand_over)
        self._arrived.append(_Waiting(command, caller))
        self._queued += 1
        return caller

    def _hand_over(self) -> None:
        arrived, self._arrived = self._arrived, []
        if arrived:
            self._queue.put(arrived)

    async def stop(self) -> None:
        """Takes nothing more, writes what was taken, ends the thread."""
        if self._stopped or self._thread is None:
            return
        self._stopped = True
        self._hand_over()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.sleep(0)  # the last answers are on their way

    async def keep_unstuck(self) -> None:
        """Until cancelled: cuts the connection of a batch that the server's own limits should
        have ended long ago. A server that says nothing at all would hold it for minutes."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            began = self._began
            if began is not None and time.monotonic() - began > _STUCK:
                log.error("the database says nothing: its connections are cut")
                self._database.sever()

    # -- the writer's thread -------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while (batch := self._next_batch()) is not None:
                self._write(batch)
                self._began = None
            self._disconnect()
        except BaseException:
            log.critical("the writer died, and the process with it", exc_info=True)
            os._exit(70)

    def _next_batch(self) -> list[_Waiting] | None:
        """What is waiting, at least one; None when it is time to stop."""
        batch = self._left or self._queue.get()
        self._left = []
        if batch is None:
            return None
        while len(batch) < LARGEST_BATCH:
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                break
            if waiting is None:
                self._queue.put(None)  # once this batch is written
                break
            batch = batch + waiting
        batch, self._left = batch[:LARGEST_BATCH], batch[LARGEST_BATCH:]
        return batch

    def _write(self, batch: list[_Waiting]) -> bool:
        """Each caller of the batch gets its answer, whatever happens. Whether there is a
        database."""
        commands = [waiting.command for waiting in batch]
        self._began = time.monotonic()
        try:
            answers, commit = self._commit(commands)
        except (_CommitLost, OperationalError, InterfaceError, InternalError, PoolTimeout) as error:
            self._lose_database(error)
            self._refuse(batch)
            return False
        except Exception as error:
            if len(batch) > 1:
                return self._write_one_by_one(batch)
            self._answer(batch, [self._poison(commands[0], error)])
        else:
            self._answer(batch, answers, commit)
        return True

    def _write_one_by_one(self, batch: list[_Waiting]) -> bool:
        """It is somebody's command: the poisoned one fails alone. If the database goes meanwhile,
        it is gone for all that are left."""
        for done, waiting in enumerate(batch, 1):
            if not self._write([waiting]):
                self._refuse(batch[done:])
                return False
        return True

    def _commit(self, commands: Sequence[Command]) -> tuple[list[Answer], Commit]:
        """One transaction: gather, decide, apply. Nothing has happened if it raises."""
        mark = self.slots.mark()
        try:
            with self._transaction() as (connection, news):
                self._now = now = max(self._now, self._clock())
                snapshot = self._gatherer.gather(connection, commands, now)

                changed = Rows()
                answers: list[Answer] = []
                for command in commands:
                    try:
                        decision = decide(
                            command, snapshot, now, self._policy, self.ids, self.slots
                        )
                    except Exception as error:
                        answers.append(self._poison(command, error))
                        continue
                    snapshot.overlay(decision)
                    changed.update(decision.rows)
                    answers.append(decision.outcome)

                apply(changed, connection, self._dialect)
                news.extend(changed.verifications)
        except BaseException:
            self.slots.settle(mark)
            raise
        commit = self._committed(changed, snapshot.rows, now)
        self.slots.settle(mark, kept=len(commit.outbound))
        return answers, commit

    @contextmanager
    def _transaction(self) -> Iterator[tuple[Connection, list[str]]]:
        """Rolled back unless everything in it worked; one batch at a time over all processes. The
        list is for the ids of the verifications whose change others are told."""
        connection, news = self._connect(), list[str]()
        transaction: RootTransaction = connection.begin()
        try:
            yield connection, news
        except BaseException:
            try:
                transaction.rollback()
            except SQLAlchemyError:
                self._disconnect()
            raise
        try:
            if news and not self._database.is_sqlite:
                in_one_trip(connection, *notifications(self.origin_id, news), "COMMIT")
            transaction.commit()
        except SQLAlchemyError as error:
            raise _CommitLost from error

    def _committed(self, changed: Rows, known: Rows, now: int) -> Commit:
        mine = self.slots.owner
        outbound, withdrawn = [], []
        for message in changed.messages.values():
            if message.state == "queued" and message.lease_owner == mine:
                carried = known.verifications.get(message.verification_id or "")
                outbound.append(Outbound(message, carried))
            elif message.state == "withdrawn":
                withdrawn.append(message.id)
        callbacks = [one for one in changed.callbacks.values() if one.state == "queued"]
        return Commit(now, list(changed.verifications.values()), outbound, withdrawn, callbacks)

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.writing.connect()
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.invalidate()
            connection.close()
        except SQLAlchemyError as error:
            log.debug("closing a broken connection: %s", type(error).__name__)

    def _lose_database(self, error: Exception) -> None:
        if isinstance(error, _CommitLost):
            self._doubt()
        cause = error.__cause__ if isinstance(error, _CommitLost) else error
        original = cause.orig if isinstance(cause, DBAPIError) else cause
        log.error("the database is not available: %s", type(original).__name__)
        self._disconnect()

    def _doubt(self) -> None:
        """A COMMIT that was lost may have happened, or may yet: what is known here may be old, and
        the news of that batch, if they come, are news to this process too."""
        self.origin_id = secrets.token_hex(8)
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._on_doubt)

    def _poison(self, command: Command, error: Exception) -> Poisoned:
        self.poisoned += 1
        name = getattr(command, "event_id", None) or getattr(command, "id", "")
        if isinstance(error, DBAPIError):  # its words hold what the row held
            log.error("%s %s can't be written: %s", type(command).__name__, name, _kind(error))
        else:
            log.error("%s %s can't be decided", type(command).__name__, name, exc_info=error)
        return Poisoned(type(command).__name__)

    def _refuse(self, batch: list[_Waiting]) -> None:
        self._answer(batch, [Unavailable("the database is not available")] * len(batch))

    def _answer(
        self, batch: list[_Waiting], answers: Sequence[Answer], commit: Commit | None = None
    ) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._deliver, batch, answers, commit)

    # -- the event loop ------------------------------------------------------------------------

    def _deliver(
        self, batch: list[_Waiting], answers: Sequence[Answer], commit: Commit | None
    ) -> None:
        self._queued -= len(batch)
        for waiting, answer in zip(batch, answers, strict=True):
            if waiting.caller.done():
                continue
            if isinstance(answer, Unavailable):
                waiting.caller.set_exception(answer)
            else:
                waiting.caller.set_result(answer)
        if commit is not None:
            self._on_commit(commit)


def _kind(error: DBAPIError) -> str:
    """What a database says is wrong, without the row that it quotes."""
    diagnosis = getattr(error.orig, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or ""
    return f"{type(error.orig).__name__} {constraint}".strip()
