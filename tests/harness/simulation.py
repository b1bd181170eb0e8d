"""Phones, web apps, a carrier and a clock around the core: no database, no network, no randomness.

What the storage would do is in `tests.harness.fake_store`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from msgspec.structs import replace

from bot import codes
from bot.codes import Secrets
from bot.commands import (
    Access,
    CallbackOutcome,
    CallbackSettled,
    CallbacksSwept,
    CancelRequested,
    CodeChecked,
    Command,
    DeliveryReported,
    MessageSettled,
    Redeemed,
    ResendRequested,
    SendOutcome,
    TextReceived,
    VerificationRequested,
)
from bot.decide import decide
from bot.expiry import as_of
from bot.intents import REF_ALPHABET, REF_LENGTH, understand
from bot.outcomes import Found, Outcome, Recorded
from bot.policy import REPUDIATION_WINDOW_MS, Policy
from bot.records import (
    Callback,
    CodeEntry,
    Message,
    Method,
    Outbound,
    Phone,
    Verification,
)
from bot.snapshot import Decision
from bot.wording import Catalogue, compose
from tests.harness.fake_store import FakeStore
from webhooks.service import catalogue

NUMBER, OTHER_NUMBER = "+14155550100", "+14155550199"
PHONE, OTHER_PHONE = "+12025550123", "+12025550177"
SHOP = "shop"
START = 1_800_000_000_000
SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000
KEY, OLD_KEY = "k" * 32, "o" * 32

_CODE = re.compile(r"(?<![0-9])[0-9]{6,}(?![0-9])", re.ASCII)


def policy(**changes: Any) -> Policy:
    """The defaults of the settings, with changes."""
    return replace(Policy(secrets=Secrets([KEY]), numbers=(NUMBER, OTHER_NUMBER)), **changes)


def code_in(text: str) -> str:
    """The code that a person reads out of a text."""
    (code,) = codes_in(text)
    return code


def codes_in(text: str) -> list[str]:
    """Every run of six or more digits."""
    return _CODE.findall(text)


def wrong(code: str) -> str:
    """A code of the same length that isn't this one."""
    return str((int(code) + 1) % 10 ** len(code)).zfill(len(code))


def fate(verification: Verification) -> str:
    """Its status, and the reason where there is one."""
    reason = f":{verification.reason}" if verification.reason else ""
    return f"{verification.status}{reason}"


def written(decision: Decision) -> list[object]:
    """Every row that it writes."""
    return [row for _, rows in decision.rows.tables() for row in rows]


@cache
def sentences() -> Catalogue:
    """The real ones."""
    return catalogue()


class CountingIds:
    """`bot.inputs.Ids` without randomness: ids and seeds are counted."""

    def __init__(self) -> None:
        self.made = 0

    def id(self, prefix: str, now: int) -> str:
        self.made += 1
        return f"{prefix}_{now:015x}{self.made:032x}"

    def seed(self) -> str:
        self.made += 1
        return hashlib.sha256(str(self.made).encode()).hexdigest()[:32]


class FreeSlots:
    """`bot.inputs.Slots` of a sender that always has room, while it has an owner."""

    def __init__(self) -> None:
        self.owner: str | None = "this process"

    def lease(self, now: int) -> tuple[str | None, int]:
        return (self.owner, now + 6 * SECOND_MS) if self.owner else (None, 0)


@dataclass(frozen=True)
class Sent:
    """A text of ours as its reader sees it."""

    id: str
    kind: str
    text: str
    phone: str
    number: str


class Simulation:
    """Everything happens through `carry_out`; the rest are its short forms."""

    def __init__(self, **changes: Any) -> None:
        self.policy = policy(**changes)
        self.now = START
        self.ids = CountingIds()
        self.slots = FreeSlots()
        self.store = FakeStore()
        self.sent: list[Sent] = []
        #: Telnyx's error for a phone; a phone that isn't here gets what is sent to it.
        self.refused: dict[str, str] = {}
        #: While the carrier pauses, what is queued stays queued.
        self.paused = False
        self._counted = 0

    # -- what happens --------------------------------------------------------------------------

    def carry_out(self, *commands: Command) -> list[Outcome]:
        """One batch: gather, decide, apply; then the carrier takes what was queued."""
        decisions = self.decide(*commands)
        for decision in decisions:
            self._apply(decision)
        if not self.paused:
            self.settle_all()
        return [decision.outcome for decision in decisions]

    def decide(self, *commands: Command) -> list[Decision]:
        """What would be decided, each command seeing the ones before it; nothing is written."""
        snapshot = self.store.gather(commands, self.now)
        decisions = []
        for command in commands:
            decision = decide(command, snapshot, self.now, self.policy, self.ids, self.slots)
            snapshot.overlay(decision)
            decisions.append(decision)
        return decisions

    def text(
        self,
        words: str | None,
        phone: str = PHONE,
        *,
        number: str = NUMBER,
        received_at: int | None = None,
        autoresponse: bool = False,
    ) -> list[Sent]:
        """A phone texts us; what it gets back."""
        before = len(self.sent)
        command = self.texted(words, phone, number, received_at, autoresponse)
        outcome = self.carry_out(command)[0]
        assert isinstance(outcome, Recorded)
        return self.sent[before:]

    def texted(
        self,
        words: str | None,
        phone: str = PHONE,
        number: str = NUMBER,
        received_at: int | None = None,
        autoresponse: bool = False,
    ) -> TextReceived:
        """The command of a text that arrives now."""
        name = self.count("text")
        at = self.now if received_at is None else received_at
        return TextReceived(
            f"event-{name}", name, phone, number, understand(words), at, autoresponse
        )

    def ask(
        self,
        method: Method = "text",
        phone: str | None = None,
        code_entry: CodeEntry | None = None,
        **members: Any,
    ) -> Outcome:
        """A web app wants a verification."""
        return self.carry_out(self.wanted(method, phone, code_entry, **members))[0]

    def wanted(
        self,
        method: Method = "text",
        phone: str | None = None,
        code_entry: CodeEntry | None = None,
        *,
        client: str = SHOP,
        **members: Any,
    ) -> VerificationRequested:
        """The command of a web app that asks now."""
        entry: CodeEntry = code_entry or ("page" if method == "sms" else "reply")
        refs = (self.free_ref(),) if method == "text" else ()
        return VerificationRequested(
            client, method, NUMBER, refs, phone=phone, code_entry=entry, **members
        )

    def request(
        self,
        method: Method = "text",
        phone: str | None = None,
        code_entry: CodeEntry | None = None,
        **members: Any,
    ) -> Verification:
        """The same, where it is granted."""
        outcome = self.ask(method, phone, code_entry, **members)
        assert isinstance(outcome, Found), outcome
        return self.verification(outcome.verification.id)

    def check(self, id: str, code: str, client: str = SHOP) -> Outcome:
        """A code is typed in the browser."""
        return self.carry_out(self.typed(id, code, client))[0]

    def typed(self, id: str, code: str, client: str = SHOP) -> CodeChecked:
        """The command of a code that is typed now."""
        return CodeChecked(id, Access(client, standalone=True), code)

    def redeem(self, id: str, client: str = SHOP) -> Outcome:
        return self.carry_out(Redeemed(id, Access(client, standalone=True)))[0]

    def resend(self, id: str, client: str | None = SHOP, address: str | None = None) -> Outcome:
        """Another code is asked for; without a client by the holder of the poll token."""
        return self.carry_out(ResendRequested(id, Access(client, standalone=True), address))[0]

    def cancel(self, id: str, client: str | None = SHOP) -> Outcome:
        return self.carry_out(CancelRequested(id, Access(client, standalone=True)))[0]

    def sweep_callbacks(self, owner: str = "this process", room: int = 32) -> list[Callback]:
        """A process takes what is due: what it is to send."""
        (decision,) = self.decide(CallbacksSwept(owner, room))
        self._apply(decision)
        taken = decision.rows.callbacks.values()
        return [one for one in taken if one.lease_owner == owner and one.state == "queued"]

    def answer(
        self, id: str, outcome: CallbackOutcome, answer: str = "-", retry_after: int = 0
    ) -> Callback:
        """What a web app answered a callback; how it stands now."""
        self.carry_out(CallbackSettled(id, outcome, answer, retry_after))
        return self.store.callbacks[id]

    def settle(self, message_id: str, outcome: SendOutcome, error: str | None = None) -> str:
        """The sender's report on one try; Telnyx's id for it."""
        provider_id = self.count("provider")
        accepted = provider_id if outcome == "sent" else None
        command = MessageSettled(message_id, outcome, provider_id=accepted, error=error)
        for decision in self.decide(command):
            self._apply(decision)
        return provider_id

    def settle_all(self) -> None:
        """The carrier takes, or refuses, everything that is due."""
        for message in list(self.store.messages.values()):
            if message.state == "queued" and message.not_before <= self.now:
                error = self.refused.get(message.phone)
                self.settle(message.id, "refused" if error else "sent", error)

    def receipt(self, provider_id: str, status: str, error: str | None = None) -> Outcome:
        event = self.count("receipt")
        return self.carry_out(DeliveryReported(event, provider_id, status, error))[0]

    def wait(self, milliseconds: int) -> None:
        self.now += milliseconds

    # -- short forms of longer stories ---------------------------------------------------------

    def login(self, phone: str = PHONE, words: str = "LOGIN") -> str:
        """LOGIN, answered with a code: the code."""
        (sent,) = self.text(words, phone)
        assert sent.kind.startswith("code")
        return code_in(sent.text)

    def approved(self, phone: str = PHONE) -> Verification:
        """A whole login by text."""
        self.text(self.login(phone), phone)
        return self.of(phone)[-1]

    def guess(self, times: int, phone: str = PHONE) -> list[Sent]:
        """Wrong codes by text; what was answered."""
        answers = []
        for _ in range(times):
            answers += self.text(wrong(self.code_of(self.of(phone)[-1])), phone)
        return answers

    # -- what can be seen ----------------------------------------------------------------------

    def verification(self, id: str) -> Verification:
        """As it reads now."""
        return as_of(self.store.verifications[id], self.now)

    def of(self, phone: str = PHONE) -> list[Verification]:
        """All of a phone, as they read now, oldest first."""
        return [
            self.verification(one.id)
            for one in self.store.verifications.values()
            if one.phone == phone
        ]

    def code_of(self, verification: Verification) -> str:
        code = codes.code(self.policy.secrets, self.store.verifications[verification.id])
        assert code is not None
        return code

    def message_of(self, verification: Verification) -> Message:
        """The message that carries its newest code."""
        id = self.store.verifications[verification.id].message_id
        assert id is not None
        return self.store.messages[id]

    def phone(self, phone: str = PHONE) -> Phone:
        return self.store.phones.get(phone, Phone(phone))

    def is_opted_out(self, phone: str = PHONE, number: str = NUMBER) -> bool:
        pair = self.store.conversations.get((phone, number))
        return pair is not None and pair.opted_out_at is not None

    def state(self, phone: str = PHONE, number: str = NUMBER) -> str:
        """The column of the conversation's table that a text of this phone would meet."""
        if self.is_opted_out(phone, number):
            return "opted out"
        if self.phone(phone).locked_until > self.now:
            return "locked"
        pending = [one for one in self.of(phone) if one.status == "pending" and one.codes]
        replies = [one for one in pending if one.code_entry == "reply"]
        if any(one.awaiting == "code" for one in replies):
            return "awaiting"
        if pending:
            return "dead" if replies else "page"
        since = self.now - REPUDIATION_WINDOW_MS
        approved = [one for one in self.of(phone) if one.status == "approved"]
        recent = any((one.completed_at or 0) > since for one in approved)
        return "approved" if recent else "idle"

    def count(self, what: str) -> str:
        """A name that nothing else has."""
        self._counted += 1
        return f"{what}-{self._counted}"

    def free_ref(self) -> str:
        """Six letters that nobody has yet."""
        self._counted += 1
        digits, base = self._counted, len(REF_ALPHABET)
        letters = [REF_ALPHABET[digits // base**place % base] for place in range(REF_LENGTH)]
        return "".join(reversed(letters))

    def _apply(self, decision: Decision) -> None:
        new = [one for id, one in decision.rows.messages.items() if id not in self.store.messages]
        self.store.write(decision.rows)
        for message in new:
            carried = self.store.verifications.get(message.verification_id or "")
            words = compose(Outbound(message, carried), sentences(), self.policy.secrets)
            self.sent.append(Sent(message.id, message.kind, words, message.phone, message.number))
