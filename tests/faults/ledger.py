"""The ledger: what was acknowledged to each phone, and what the phone then got.

It checks the promise of the service: each acknowledged LOGIN gets exactly one code while it lives,
each acknowledged right reply exactly one approval and one text that confirms it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.harness.phone import CODE, code_in

_CONFIRMATION = "You are verified"


@dataclass
class Login:
    """One phone's login; times are seconds of the monotonic clock, None until they happen."""

    phone: str
    begun_at: float = field(default_factory=time.monotonic)
    acknowledged_at: float | None = None
    #: The process that acknowledged the LOGIN.
    process: int | None = None
    codes: int = 0
    code_at: float | None = None
    reply_acknowledged_at: float | None = None
    confirmations: int = 0
    others: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing: code, acknowledged reply, confirmation."""
        return bool(self.codes and self.reply_acknowledged_at and self.confirmations)

    @property
    def code_took_s(self) -> float:
        """Seconds from the acknowledgement to the code; so far, if there is none yet."""
        if self.acknowledged_at is None:
            return 0
        return (self.code_at or time.monotonic()) - self.acknowledged_at


@dataclass(frozen=True)
class Balance:
    """What the ledger shows when everything has settled; each should be 0 but the first."""

    acknowledged: int
    lost: int
    doubled: int
    unconfirmed: int


class Ledger:
    """Written by the phones on the event loop, read by anyone."""

    def __init__(self) -> None:
        self.logins: dict[str, Login] = {}
        #: Answers to webhooks by HTTP status; 0 where there was none within Telnyx's 2 s.
        self.answers: Counter[int] = Counter()
        #: Seconds that each webhook answered with 200 took.
        self.answered_s: list[float] = []
        self._warm_at = 0.0

    def end_warm_up(self) -> None:
        """What happened before counts for the balance, not for figures of answers and times."""
        self._warm_at = time.monotonic()
        self.answers.clear()
        self.answered_s.clear()

    def begin(self, phone: str) -> Login:
        self.logins[phone] = Login(phone)
        return self.logins[phone]

    def receive(self, phone: str, text: str) -> str | None:
        """A text has reached a phone. The code, if it is the first one."""
        login = self.logins[phone]
        if CODE.search(text):
            login.codes += 1
            login.code_at = login.code_at or time.monotonic()
            return code_in(text) if login.codes == 1 else None
        if _CONFIRMATION in text:
            login.confirmations += 1
        else:
            login.others.append(text)
        return None

    @property
    def acknowledged(self) -> list[Login]:
        return [one for one in self._all() if one.acknowledged_at is not None]

    @property
    def slowest_code_s(self) -> float:
        """From the acknowledgement to the code, of the logins begun after the warm-up."""
        warm = [one for one in self.acknowledged if one.begun_at > self._warm_at]
        return max((one.code_took_s for one in warm), default=0)

    def is_settled(self) -> bool:
        """Whether every acknowledged LOGIN has run to its end."""
        return all(one.is_complete for one in self.acknowledged)

    def first_code_after(self, moment: float, process: int) -> float | None:
        """When the first LOGIN begun after a moment, and acknowledged by this process, had both
        its acknowledgement and its code."""
        times = [
            max(one.acknowledged_at, one.code_at)
            for one in self._all()
            if one.begun_at > moment and one.process == process
            if one.acknowledged_at is not None and one.code_at is not None
        ]
        return min(times, default=None)

    def balance(self, approvals: Mapping[str, int]) -> Balance:
        """`approvals` are those in the database, per phone."""
        logins = self.acknowledged
        replied = [one for one in logins if one.reply_acknowledged_at is not None]
        return Balance(
            acknowledged=len(logins),
            lost=_count(not one.codes for one in logins)
            + _count(not approvals.get(one.phone) for one in replied),
            doubled=sum(max(one.codes, 1) - 1 for one in self._all())
            + sum(max(one.confirmations, 1) - 1 for one in self._all())
            + sum(count - 1 for count in approvals.values()),
            unconfirmed=_count(not one.confirmations for one in replied),
        )

    def _all(self) -> list[Login]:
        return list(self.logins.values())  # phones are added meanwhile


def _count(facts: Iterable[bool]) -> int:
    return sum(facts)
