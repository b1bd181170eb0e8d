"""A row of the table: one fault on one database, and its outcome."""

from __future__ import annotations

import asyncio
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.databases import Kind
from tests.benchmarks.table import table
from tests.faults.databases import migrated_url
from tests.faults.fault import Fault, Inject, Simulate, Skipped
from tests.faults.options import Options
from tests.faults.outcome import Outcome, settle
from tests.faults.testbed import Testbed
from tests.harness.postgres import Postgres

HEAD = (
    *("fault", "database", "acknowledged", "refused (503)", "lost", "doubled"),
    *("unconfirmed", "recovery, s", "verdict"),
)


class Row(NamedTuple):
    """A fault and the database that it is injected on."""

    fault: Fault
    kind: Kind

    @property
    def name(self) -> str:
        return f"{self.fault.name}, {self.kind}"

    def measure(self, options: Options, server: Postgres | None = None) -> Outcome:
        """Inject the fault and draw the balance. PostgreSQL is started unless given (with TCP, and
        `durable`)."""
        with tempfile.TemporaryDirectory(prefix="textlogin-faults-") as folder:
            try:
                if self.fault.simulate is not None:
                    return self._simulate(self.fault.simulate, Path(folder), server)
                assert self.fault.inject is not None
                plan = self.fault.plan
                with Testbed(self.kind, plan, options, Path(folder), server) as bed:
                    return self._inject(self.fault.inject, bed)
            except Skipped as lack:
                return Outcome(skipped=str(lack))

    def _inject(self, inject: Inject, bed: Testbed) -> Outcome:
        bed.begin_load()
        inject(bed)
        recovery_s = bed.recovery_s(time.monotonic(), bed.options.patience_s)
        bed.end_load()
        outcome = settle(bed.ledger, bed.database.approvals(), recovery_s, self.fault.bar)
        outcome.problems += bed.problems
        if not outcome.passes:
            outcome.log = "\n".join(process.log_tail() for process in bed.processes)
        return outcome

    def _simulate(self, simulate: Simulate, folder: Path, server: Postgres | None) -> Outcome:
        with ExitStack() as stack:
            if server is None and self.kind is Kind.POSTGRESQL:
                server = Postgres()
                stack.callback(server.remove)
            return asyncio.run(simulate(migrated_url(folder, server)))


def rows_table(rows: list[tuple[Row, Outcome]]) -> str:
    """One line per row."""
    return table(HEAD, [_cells(row, outcome) for row, outcome in rows])


def _cells(row: Row, outcome: Outcome) -> tuple[str, ...]:
    phones = (outcome.lost, outcome.doubled, outcome.unconfirmed)
    counts = (outcome.acknowledged, outcome.refused, *phones)
    shown = ["-"] * len(counts) if outcome.skipped is not None else map(str, counts)
    recovery = "-" if outcome.recovery_s is None else f"{outcome.recovery_s:.1f}"
    return (row.fault.name, row.kind, *shown, recovery, outcome.verdict)
