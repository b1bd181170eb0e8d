"""The store of the core's tests loads what the real gatherer loads.

Random walks run on both at once: each batch is gathered from both and must find the same rows,
and what is decided is written to both.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, NamedTuple, Self

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from bot.commands import Command
from bot.records import TABLES
from bot.snapshot import Decision, Snapshot
from storage.apply import writes
from storage.database import Database
from storage.gather import Gatherer
from storage.statements import Statements
from storage.transaction import Transaction, Transactions
from tests.harness.callback_walk import CallbackWalk
from tests.harness.clock import Clock
from tests.harness.simulation import Simulation
from tests.harness.text_walk import TextWalk


class MirroredSimulation(Simulation):
    """A simulation whose rows are written to a real database too."""

    def __init__(self, database: Database, transactions: Transactions, clock: Clock) -> None:
        super().__init__(wrong_per_day=9, codes_per_ip_hour=4)
        self._transactions = transactions
        self._clock = clock
        self._statements = Statements(sqlite=database.is_sqlite)
        self._gatherer = Gatherer(self._statements)
        with database.writing.begin() as connection:
            for table in TABLES:
                connection.exec_driver_sql(f"DELETE FROM {table}")
            connection.exec_driver_sql("UPDATE last_commit SET committed_at = 0")

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        self._clock.now = self.now
        with self._transactions.begin() as transaction:
            yield transaction

    def decide(self, *commands: Command) -> list[Decision]:
        """Gathers from both stores, which must agree."""
        with self._transaction() as transaction:
            loaded = self._gatherer.gather(transaction, commands)
        assert _seen(loaded) == _seen(self.store.gather(commands, self.now)), commands
        return super().decide(*commands)

    def apply(self, decision: Decision) -> None:
        with self._transaction() as transaction:
            transaction.read([])
            transaction.write(writes(decision.rows, self._statements))
        super().apply(decision)


def _seen(snapshot: Snapshot) -> dict[str, object]:
    """Everything that a decision can read of a snapshot."""
    rows = snapshot.rows
    phones = sorted(rows.phones)
    return {
        "rows": rows,
        "due messages": snapshot.due_messages,
        "due callbacks": snapshot.due_callbacks,
        "expired": snapshot.expired,
        "open": snapshot.open_requests,
        "used": snapshot.used,
        "of phones": [sorted(snapshot.ids_of_phone(phone)) for phone in phones],
        "queued": [sorted(one.id for one in snapshot.queued_messages(phone)) for phone in phones],
        "refs": {one.ref: snapshot.id_of_ref(one.ref or "") for one in rows.verifications.values()},
        "unmatched": {
            one.message_id: snapshot.unmatched_receipts(one.message_id)
            for one in rows.events.values()
        },
    }


class Mirror(NamedTuple):
    """One database for all walks of a test. Each walk empties it, on a connection of its own: the
    other one belongs to the transactions."""

    emptied: Database
    gathered: Database
    clock: Clock
    transactions: Transactions

    @classmethod
    def of(cls, url: str) -> Self:
        gathered, clock = Database(url), Clock()
        return cls(Database(url), gathered, clock, Transactions(gathered, clock))

    def simulation(self) -> MirroredSimulation:
        return MirroredSimulation(self.emptied, self.transactions, self.clock)

    def close(self) -> None:
        self.transactions.disconnect()
        self.gathered.dispose()
        self.emptied.dispose()


class MirroredTexts(TextWalk):
    """The walk of texts. The test sets `mirror`."""

    mirror: ClassVar[Mirror]

    def __init__(self) -> None:
        super().__init__(self.mirror.simulation())


class MirroredCallbacks(CallbackWalk):
    """The walk of callbacks, likewise."""

    mirror: ClassVar[Mirror]

    def __init__(self) -> None:
        super().__init__(self.mirror.simulation())


@pytest.mark.parametrize("walk", [MirroredTexts, MirroredCallbacks])
def test_the_fake_store_loads_the_same_rows_as_the_gatherer(
    database_url: str, walk: type[MirroredTexts] | type[MirroredCallbacks]
) -> None:
    walk.mirror = mirror = Mirror.of(database_url)
    try:
        run_state_machine_as_test(
            walk,
            settings=settings(
                derandomize=True,
                database=None,
                deadline=None,
                max_examples=40,
                stateful_step_count=40,
                phases=[Phase.generate],  # shrinking would take minutes of database time
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        mirror.close()
