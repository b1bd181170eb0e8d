"""A row of the table: one fault on one database, what it cost, and whether that is good enough."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import msgspec

from tests.benchmarks.databases import Kind
from tests.benchmarks.table import table
from tests.faults.fault import Bar, Broken, Fault, Skipped
from tests.faults.options import Options
from tests.faults.testbed import Testbed
from tests.harness.postgres import Postgres

HEAD = (
    *("fault", "database", "acknowledged", "refused (503)", "lost", "doubled"),
    *("unconfirmed", "recovery, s", "verdict"),
)


class Row(msgspec.Struct):
    """Counts are of phones, but `refused` of webhooks. `problems` says which bars are broken."""

    fault: str
    database: str
    acknowledged: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    unconfirmed: int = 0
    recovery_s: float | None = None
    problems: list[str] = []
    skipped: str | None = None
    #: The last lines that the service logged, where a bar is broken.
    log: str = ""

    @property
    def passes(self) -> bool:
        return not self.problems

    @property
    def verdict(self) -> str:
        if self.skipped is not None:
            return f"skipped: {self.skipped}"
        return "good" if self.passes else f"BROKEN: {'; '.join(self.problems)}"

    @property
    def cells(self) -> tuple[str, ...]:
        counts = (self.acknowledged, self.refused, self.lost, self.doubled, self.unconfirmed)
        shown = ["-"] * len(counts) if self.skipped is not None else map(str, counts)
        recovery = "-" if self.recovery_s is None else f"{self.recovery_s:.1f}"
        return (self.fault, self.database, *shown, recovery, self.verdict)


def measure(fault: Fault, kind: Kind, options: Options, server: Postgres | None = None) -> Row:
    """Inject a fault under load and draw the balance."""
    row = Row(fault.name, kind)
    with tempfile.TemporaryDirectory(prefix="textlogin-faults-") as folder:
        try:
            with Testbed(kind, fault.plan, options, Path(folder), server) as bed:
                _measure(fault, bed, row)
        except Skipped as lack:
            row.skipped = str(lack)
    return row


def rows_table(rows: list[Row]) -> str:
    """One line per row."""
    return table(HEAD, [row.cells for row in rows])


def _measure(fault: Fault, bed: Testbed, row: Row) -> None:
    bed.begin_load()
    try:
        fault.inject(bed)
    except Broken as broken:
        row.problems.append(str(broken))
    row.recovery_s = bed.recovery_s(time.monotonic(), bed.options.patience_s)
    bed.end_load()
    _draw_balance(bed, row)
    row.problems += _problems(bed, row, fault.bar)
    if not row.passes:
        row.log = "\n".join(process.log_tail() for process in bed.processes)


def _draw_balance(bed: Testbed, row: Row) -> None:
    balance = bed.ledger.balance(bed.database.approvals())
    row.acknowledged, row.refused = balance.acknowledged, bed.ledger.answers[503]
    row.lost, row.doubled, row.unconfirmed = balance.lost, balance.doubled, balance.unconfirmed


def _problems(bed: Testbed, row: Row, bar: Bar) -> list[str]:
    """The bars that the row breaks."""
    ledger = bed.ledger
    answered_s = max(ledger.answered_s, default=0)
    unanswered = ledger.answers[0]
    unforeseen = sorted(set(ledger.answers) - {0, 200, 503})
    found = {
        f"{row.lost} lost": row.lost,
        f"{row.doubled} doubled": row.doubled,
        f"{row.unconfirmed} unconfirmed": row.unconfirmed,
        "nothing acknowledged": not row.acknowledged,
        f"answers {unforeseen}": unforeseen,
        "no recovery": row.recovery_s is None,
        f"recovery after more than {bar.recovery_s:g} s": (row.recovery_s or 0) > bar.recovery_s,
        f"{row.refused} webhooks refused": _is_over(row.refused, bar.refused),
        f"{unanswered} webhooks unanswered": _is_over(unanswered, bar.unanswered),
        f"a code after {ledger.slowest_code_s:.1f} s": _is_over(ledger.slowest_code_s, bar.code_s),
        f"an answer after {answered_s:.1f} s": _is_over(answered_s, bar.answer_s),
    }
    return [problem for problem, is_so in found.items() if is_so]


def _is_over(figure: float, bar: float | None) -> bool:
    return bar is not None and figure > bar
