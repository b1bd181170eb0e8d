"""What a fault cost, and which bars that breaks."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tests.faults.fault import Bar
from tests.faults.ledger import Ledger


class Outcome(msgspec.Struct):
    """Counts are of phones, but `refused` of webhooks. `problems` says which bars are broken."""

    acknowledged: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    unconfirmed: int = 0
    recovery_s: float | None = None
    problems: list[str] = []
    #: What this machine lacks to inject the fault.
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


def settle(
    ledger: Ledger, approvals: Mapping[str, int], recovery_s: float | None, bar: Bar
) -> Outcome:
    """Draw the balance. `approvals` are those in the database, per phone."""
    balance = ledger.balance(approvals)
    outcome = Outcome(
        acknowledged=balance.acknowledged,
        refused=ledger.answers[503],
        lost=balance.lost,
        doubled=balance.doubled,
        unconfirmed=balance.unconfirmed,
        recovery_s=recovery_s,
    )
    outcome.problems = _problems(ledger, outcome, bar)
    return outcome


def _problems(ledger: Ledger, outcome: Outcome, bar: Bar) -> list[str]:
    answered_s = max(ledger.answered_s, default=0)
    unforeseen = sorted(set(ledger.answers) - set(bar.answers))
    found = {
        "nothing acknowledged": not outcome.acknowledged,
        "lost": outcome.lost,
        "doubled": outcome.doubled,
        "unconfirmed": outcome.unconfirmed,
        "no recovery": outcome.recovery_s is None,
        f"recovery over {bar.recovery_s:g} s": _is_over(outcome.recovery_s or 0, bar.recovery_s),
        f"answers {unforeseen}": unforeseen,
        "webhooks refused": _is_over(outcome.refused, bar.refused),
        f"{ledger.answers[0]} webhooks unanswered": _is_over(ledger.answers[0], bar.unanswered),
        f"a code after {ledger.slowest_code_s:.1f} s": _is_over(ledger.slowest_code_s, bar.code_s),
        f"an answer after {answered_s:.1f} s": _is_over(answered_s, bar.answer_s),
    }
    return [problem for problem, is_so in found.items() if is_so]


def _is_over(figure: float, bar: float | None) -> bool:
    return bar is not None and figure > bar
