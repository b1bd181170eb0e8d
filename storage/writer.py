"""The writer: commands change state, and the writer commits them in batches.

The writer's thread commits one batch at a time; commands that arrive meanwhile form the next one.
A batch is gathered, decided, applied and committed in one transaction. Its callers are answered
after the COMMIT, never before.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from time import perf_counter

import psycopg

from bot.commands import Command
from bot.decide import decide
from bot.outcomes import Outcome
from bot.policy import Policy
from bot.snapshot import Deleted, Rows, Snapshot
from storage.apply import writes
from storage.clock import Clock
from storage.command_queue import CommandQueue, Waiting
from storage.commit import Commit, Decided, Steps
from storage.database import Database
from storage.errors import Poisoned, Unavailable
from storage.forgotten import OptOutHashes
from storage.gather import Gatherer
from storage.ids import Ids
from storage.outage import Outage
from storage.send_slots import SendSlots
from storage.statements import Statements
from storage.transaction import CommitLost, DatabaseLost, Transactions
from storage.watchdog import Watchdog, end_process

log = logging.getLogger("textlogin.writer")

Answer = Outcome | Unavailable

_STOP_TIMEOUT_S = 3.0


class Writer:
    """Takes commands on the event loop, commits them in its own thread."""

    def __init__(self, database: Database, policy: Policy, *, clock: Clock) -> None:
        self.ids = Ids()
        self.slots = SendSlots()
        self._watchdog = Watchdog(database)
        #: How many commands have failed while the database was available.
        self.poisoned = 0
        self.outage = Outage()
        self._policy = policy
        self._statements = Statements(sqlite=database.is_sqlite)
        self._gatherer = Gatherer(self._statements, policy.numbers)
        self._queue = CommandQueue()
        self._transactions = Transactions(database, clock)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._on_commit: list[Callable[[Commit], None]] = []
        self._on_unknown_commit: list[Callable[[], None]] = []

    @property
    def origin_id(self) -> str:
        """The id that this process's notifications carry. It changes when a COMMIT is lost."""
        return self._transactions.origin_id

    def look_for_opt_outs(self, hashes: OptOutHashes | None) -> None:
        """Recognise forgotten phones by these hashes; None while there are none to look for."""
        self._gatherer.forgotten.hashes = hashes

    # -- the event loop ------------------------------------------------------------------------

    def subscribe(self, on_commit: Callable[[Commit], None]) -> None:
        """Call `on_commit` on the event loop after each commit; the first subscriber first."""
        self._on_commit.append(on_commit)

    def subscribe_to_unknown_commits(self, on_unknown_commit: Callable[[], None]) -> None:
        """Call `on_unknown_commit` on the event loop after a COMMIT whose outcome is unknown, and
        after one of another process to a SQLite file: rows cached in memory may be stale."""
        self._on_unknown_commit.append(on_unknown_commit)

    def start(self) -> None:
        """Start the thread and the watchdog, and accept commands."""
        self._thread.start()
        self._watchdog.start(asyncio.get_running_loop())
        self._queue.open()

    def submit(self, command: Command) -> asyncio.Future[Outcome]:
        """Queue a command; the future is done after its COMMIT. Raises QueueFull, Stopped.

        The future may raise Unavailable. Cancelling it does not cancel the command.
        """
        return self._queue.add(command)

    async def stop(self) -> None:
        """Accept no more commands, commit those that were accepted, end the thread. A thread that
        the database holds up is left behind after `_STOP_TIMEOUT_S`: the process ends anyway."""
        self._queue.close()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, _STOP_TIMEOUT_S)
        if self._thread.is_alive():
            log.error("The database does not respond: commands that wait for it are given up")
        self._watchdog.stop()
        await asyncio.sleep(0)  # let the last answers be delivered

    def _deliver(
        self, batch: list[Waiting], answers: Sequence[Answer], commit: Commit | None
    ) -> None:
        self._queue.answered(len(batch))
        for waiting, answer in zip(batch, answers, strict=True):
            if waiting.caller.done():
                continue
            if isinstance(answer, Unavailable):
                waiting.caller.set_exception(answer)
            else:
                waiting.caller.set_result(answer)
        if commit is not None:
            for on_commit in self._on_commit:
                on_commit(commit)

    def _report_unknown_commit(self) -> None:
        for on_unknown_commit in self._on_unknown_commit:
            on_unknown_commit()

    # -- the writer's thread -------------------------------------------------------------------

    def _run(self) -> None:
        try:
            for batch in self._queue.batches():
                self._write(batch)
            self._transactions.disconnect()
        except BaseException:
            log.critical("The writer's thread failed", exc_info=True)
            end_process("The writer's thread failed")

    def _write(self, batch: list[Waiting]) -> None:
        """Commit a batch and answer each of its callers, whatever happens."""
        try:
            answers, commit = self._commit(batch)
        except DatabaseLost as lost:
            self._refuse(batch, lost)
        except Exception as error:
            if len(batch) == 1:
                self._answer(batch, [self._poison(batch[0].command, error)])
            else:
                self._write_one_by_one(batch)
        else:
            self._answer(batch, answers, commit)

    def _write_one_by_one(self, batch: list[Waiting]) -> None:
        """Commit each command by itself, so that only a poisoned one fails."""
        for index, waiting in enumerate(batch):
            try:
                answers, commit = self._commit([waiting])
            except DatabaseLost as lost:
                self._refuse(batch[index:], lost)
                return
            except Exception as error:
                self._answer([waiting], [self._poison(waiting.command, error)])
            else:
                self._answer([waiting], answers, commit)

    def _commit(self, batch: Sequence[Waiting]) -> tuple[list[Answer], Commit]:
        """Gather, decide, apply and commit in one transaction. Nothing is committed if this
        raises, except perhaps with CommitLost."""
        mark = self.slots.mark()
        commands = [waiting.command for waiting in batch]
        began_at = perf_counter()
        try:
            # During an outage each batch writes something, to find out whether it is over.
            with (
                self._watchdog.watching(),
                self._transactions.begin(must_write=self.outage.is_on) as transaction,
            ):
                snapshot = self._gatherer.gather(transaction, commands)
                gathered_at, now = perf_counter(), transaction.now
                answers, changed, decided = self._decide(batch, snapshot, now)
                decided_at = perf_counter()
                deleted = _deleted(snapshot, decided)
                transaction.write(writes(changed, self._statements, deleted))
                transaction.notify(changed.verifications)
        except BaseException:
            self.slots.settle(mark)
            raise
        self.outage.end()
        steps = Steps(
            gather=gathered_at - began_at,
            decide=decided_at - gathered_at,
            commit=perf_counter() - decided_at,
        )
        commit = Commit.of(changed, snapshot.rows, now, self.slots.owner, decided, steps)
        self.slots.settle(mark, kept=len(commit.outbound))
        return answers, commit

    def _decide(
        self, batch: Sequence[Waiting], snapshot: Snapshot, now: int
    ) -> tuple[list[Answer], Rows, list[Decided]]:
        """Decide in order of arrival; each command sees the effects of those before it."""
        answers: list[Answer] = []
        changed = Rows()
        decided: list[Decided] = []
        for record in snapshot.restored:
            changed.put(record)
        for waiting in batch:
            command = waiting.command
            try:
                decision = decide(command, snapshot, now, self._policy, self.ids, self.slots)
            except Exception as error:
                answers.append(self._poison(command, error))
            else:
                snapshot.overlay(decision)
                for one in decision.deleted:
                    changed.drop(one)
                changed.update(decision.rows)
                decided.append(Decided(command, decision, waiting.request))
                answers.append(decision.outcome)
        return answers, changed, decided

    def _poison(self, command: Command, error: Exception) -> Poisoned:
        self.poisoned += 1
        name = type(command).__name__
        id = getattr(command, "event_id", None) or getattr(command, "id", "")
        if isinstance(error, (sqlite3.Error, psycopg.Error)):  # its text quotes values of the row
            log.error("Cannot write %s %s: %s", name, id, _describe(error))
        else:
            log.error("Cannot decide %s %s", name, id, exc_info=error)
        return Poisoned(name)

    def _refuse(self, batch: list[Waiting], lost: DatabaseLost) -> None:
        self.outage.begin(lost.cause)
        if isinstance(lost, CommitLost):
            batch[0].caller.get_loop().call_soon_threadsafe(self._report_unknown_commit)
        error = Unavailable("the database is unavailable")
        error.__cause__ = lost.cause
        self._answer(batch, [error] * len(batch))

    def _answer(
        self, batch: list[Waiting], answers: Sequence[Answer], commit: Commit | None = None
    ) -> None:
        loop = batch[0].caller.get_loop()
        if self._transactions.changed_elsewhere():
            loop.call_soon_threadsafe(self._report_unknown_commit)
        loop.call_soon_threadsafe(self._deliver, batch, answers, commit)


def _deleted(snapshot: Snapshot, decided: Sequence[Decided]) -> list[Deleted]:
    """What a batch deletes: hashes of forgotten phones that have come back, and what its commands
    delete."""
    found = [one for each in decided for one in each.decision.deleted]
    if snapshot.restored_hashes:
        hashes = frozenset(snapshot.restored_hashes)
        found.append(Deleted("forgotten_opt_outs", "hash", hashes))
    return found


def _describe(error: Exception) -> str:
    """The driver's error and the violated constraint, without the values of the row."""
    diagnosis = getattr(error, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or ""
    return f"{type(error).__name__} {constraint}".strip()
