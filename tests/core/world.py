"""Phones, web apps, a carrier and a clock around the core: no database, no network, no randomness.

The tables are plain dicts. A snapshot holds only what the storage would load for a command, and
the schema's unique places are asserted whenever a decision is written.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from msgspec.structs import replace

from bot import codes
from bot.announce import endpoint_key
from bot.codes import Secrets
from bot.commands import (
    Access,
    CallbackSettled,
    CallbacksSwept,
    CancelRequested,
    CodeChecked,
    Command,
    DeliveryReported,
    EventIgnored,
    LeasesReturned,
    MessageSettled,
    OutboxSwept,
    Redeemed,
    ResendRequested,
    TextReceived,
    VerificationRequested,
)
from bot.decide import decide
from bot.lifetime import as_of
from bot.policy import CALLBACKS_EACH, Policy
from bot.records import (
    AFTERGLOW,
    RECENT,
    Address,
    Callback,
    Conversation,
    Endpoint,
    Event,
    IdempotentRequest,
    Message,
    Outbound,
    Phone,
    Verification,
)
from bot.snapshot import Decision, Found, Outcome, Recorded, Snapshot
from bot.understanding import REF_ALPHABET, REF_LENGTH, Login, understand
from bot.wording import Catalogue, compose
from webhooks.service import catalogue

NUMBER, OTHER_NUMBER = "+14155550100", "+14155550199"
PHONE, OTHER_PHONE = "+12025550123", "+12025550177"
SHOP = "shop"
START = 1_800_000_000_000
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
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


def changes(decision: Decision) -> list[object]:
    """Every row that it writes."""
    rows: list[dict[Any, Any]] = [
        decision.rows.phones,
        decision.rows.conversations,
        decision.rows.verifications,
        decision.rows.messages,
        decision.rows.events,
        decision.rows.addresses,
        decision.rows.requests,
        decision.rows.callbacks,
        decision.rows.endpoints,
    ]
    return [row for table in rows for row in table.values()]


@cache
def sentences() -> Catalogue:
    """The real ones."""
    return catalogue()


class CountingFresh:
    """`bot.snapshot.Fresh` without chance: ids and seeds are counted."""

    def __init__(self) -> None:
        self.made = 0
        self.owner: str | None = "this process"

    def id(self, prefix: str, now: int) -> str:
        self.made += 1
        return f"{prefix}_{now:015x}{self.made:032x}"

    def seed(self) -> str:
        self.made += 1
        return hashlib.sha256(str(self.made).encode()).hexdigest()[:32]

    def lease(self, now: int) -> tuple[str | None, int]:
        return (self.owner, now + 6 * SECOND) if self.owner else (None, 0)


@dataclass(frozen=True)
class Sent:
    """A text of ours as its reader sees it."""

    id: str
    kind: str
    text: str
    phone: str
    number: str


@dataclass
class Tables:
    """What is committed."""

    phones: dict[str, Phone] = field(default_factory=dict)
    conversations: dict[tuple[str, str], Conversation] = field(default_factory=dict)
    verifications: dict[str, Verification] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    addresses: dict[str, Address] = field(default_factory=dict)
    requests: dict[str, IdempotentRequest] = field(default_factory=dict)
    callbacks: dict[str, Callback] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)

    def write(self, decision: Decision) -> None:
        """As the storage does, the schema's unique places and checks included."""
        self.phones.update(decision.rows.phones)
        self.conversations.update(decision.rows.conversations)
        self.verifications.update(decision.rows.verifications)
        self.messages.update(decision.rows.messages)
        self.events.update(decision.rows.events)
        self.addresses.update(decision.rows.addresses)
        self.requests.update(decision.rows.requests)
        self.callbacks.update(decision.rows.callbacks)
        self.endpoints.update(decision.rows.endpoints)
        self._hold_schema(decision)

    def _hold_schema(self, decision: Decision) -> None:
        for phone in {one.phone for one in decision.rows.verifications.values()}:
            awaiting = [
                one.id
                for one in self.verifications.values()
                if one.phone == phone and one.awaiting == "code" and one.code_entry == "reply"
            ]
            assert phone is None or len(awaiting) <= 1, "one phone awaits two replies"
        for one in decision.rows.verifications.values():
            assert (one.status == "pending") == (one.completed_at is None)
            assert one.status == "pending" or one.seed is None
            assert one.attempts_left >= 0
            assert one.redeemed_at is None or one.status in ("approved", "denied")


class World:
    """Everything happens through `carry_out`; the rest are its short forms."""

    def __init__(self, **changes: Any) -> None:
        self.policy = policy(**changes)
        self.now = START
        self.fresh = CountingFresh()
        self.tables = Tables()
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
        snapshot = self.gather(commands)
        decisions = []
        for command in commands:
            decision = decide(command, snapshot, self.now, self.policy, self.fresh)
            snapshot.lay(decision)
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
        method: str = "text",
        phone: str | None = None,
        code_entry: str | None = None,
        **members: Any,
    ) -> Outcome:
        """A web app wants a verification."""
        return self.carry_out(self.wanted(method, phone, code_entry, **members))[0]

    def wanted(
        self,
        method: str = "text",
        phone: str | None = None,
        code_entry: str | None = None,
        *,
        client: str = SHOP,
        **members: Any,
    ) -> VerificationRequested:
        """The command of a web app that asks now."""
        entry = code_entry or ("page" if method == "sms" else "reply")
        refs = (self.free_ref(),) if method == "text" else ()
        return VerificationRequested(
            client, method, NUMBER, refs, phone=phone, code_entry=entry, **members
        )

    def request(
        self,
        method: str = "text",
        phone: str | None = None,
        code_entry: str | None = None,
        **members: Any,
    ) -> Verification:
        """The same, where it is granted."""
        outcome = self.ask(method, phone, code_entry, **members)
        assert isinstance(outcome, Found), outcome
        return self.verification(outcome.verification.id)

    def check(self, id: str, code: str, client: str = SHOP) -> Outcome:
        """A code is typed in the browser."""
        return self.carry_out(CodeChecked(id, Access(client, standalone=True), code))[0]

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

    def answer(self, id: str, outcome: str, answer: str = "-", retry_after: int = 0) -> Callback:
        """What a web app answered a callback; how it stands now."""
        self.carry_out(CallbackSettled(id, outcome, answer, retry_after))
        return self.tables.callbacks[id]

    def settle(self, message_id: str, outcome: str, error: str | None = None) -> str:
        """The sender's report on one try; Telnyx's id for it."""
        provider_id = self.count("provider")
        accepted = provider_id if outcome == "sent" else None
        command = MessageSettled(message_id, outcome, provider_id=accepted, error=error)
        for decision in self.decide(command):
            self._apply(decision)
        return provider_id

    def settle_all(self) -> None:
        """The carrier takes, or refuses, everything that is due."""
        for message in list(self.tables.messages.values()):
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
        return as_of(self.tables.verifications[id], self.now)

    def of(self, phone: str = PHONE) -> list[Verification]:
        """All of a phone, as they read now, oldest first."""
        return [
            self.verification(one.id)
            for one in self.tables.verifications.values()
            if one.phone == phone
        ]

    def code_of(self, verification: Verification) -> str:
        code = codes.code(self.policy.secrets, self.tables.verifications[verification.id])
        assert code is not None
        return code

    def message_of(self, verification: Verification) -> Message:
        """The message that carries its newest code."""
        id = self.tables.verifications[verification.id].message_id
        assert id is not None
        return self.tables.messages[id]

    def phone(self, phone: str = PHONE) -> Phone:
        return self.tables.phones.get(phone, Phone(phone))

    def is_opted_out(self, phone: str = PHONE, number: str = NUMBER) -> bool:
        pair = self.tables.conversations.get((phone, number))
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
        since = self.now - AFTERGLOW
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

    # -- the storage's part --------------------------------------------------------------------

    def gather(self, commands: Iterable[Command]) -> Snapshot:
        """In two waves: by the commands' keys, then by the keys found."""
        tables, snapshot = self.tables, Snapshot()
        phones: set[str] = set()
        for command in commands:
            self._by_keys(command, snapshot, phones)
        carried = {one.verification_id for one in snapshot.rows.messages.values()}
        snapshot.add_verifications(_those(tables.verifications, lambda one: one.id in carried))
        phones |= {one.phone for one in snapshot.rows.messages.values()}
        phones |= {one.phone for one in snapshot.rows.verifications.values() if one.phone}
        known = phones & tables.phones.keys()  # a phone without a row has nothing else either
        snapshot.rows.phones.update((phone, tables.phones[phone]) for phone in known)
        snapshot.rows.conversations.update(
            (key, pair) for key, pair in tables.conversations.items() if pair.phone in known
        )
        snapshot.add_verifications(
            _those(tables.verifications, lambda one: self._counts(one, known))
        )
        snapshot.add_messages(
            _those(tables.messages, lambda one: one.state == "queued" and one.phone in known)
        )
        urls = {
            endpoint_key(one.client or "", one.callback_url or "")
            for one in snapshot.rows.verifications.values()
        }
        urls |= {endpoint_key(one.client, one.url) for one in snapshot.rows.callbacks.values()}
        snapshot.rows.endpoints.update(
            (key, endpoint) for key, endpoint in tables.endpoints.items() if key in urls
        )
        return snapshot

    def _by_keys(self, command: Command, snapshot: Snapshot, phones: set[str]) -> None:
        tables = self.tables
        refs: tuple[str, ...] = ()
        ids: tuple[str, ...] = ()
        message_ids: tuple[str, ...] = ()
        match command:
            case TextReceived(phone=phone, intent=intent):
                phones.add(phone)
                if isinstance(intent, Login) and intent.ref:
                    refs = (intent.ref,)
            case EventIgnored(event_id=event_id):
                self._claim(snapshot, event_id)
            case DeliveryReported(event_id=event_id, provider_id=provider_id):
                self._claim(snapshot, event_id)
                snapshot.add_messages(
                    _those(tables.messages, lambda one: one.provider_id == provider_id)
                )
            case VerificationRequested():
                refs = command.refs
                phones |= {command.phone} if command.phone else set()
                self._address(snapshot, command.address)
                ids = self._earlier(snapshot, command.idempotency_key)
            case ResendRequested(id=id):
                self._address(snapshot, command.address)
                ids = (id,)
            case CodeChecked(id=id) | CancelRequested(id=id) | Redeemed(id=id):
                ids = (id,)
            case CallbackSettled(id=id):
                if id in tables.callbacks:
                    snapshot.rows.callbacks[id] = tables.callbacks[id]
            case CallbacksSwept(room=room, busy=busy):
                ids = self._due_callbacks(snapshot, room, busy)
            case MessageSettled(message_id=message_id, provider_id=provider_id):
                message_ids = (message_id,)
                if provider_id:
                    snapshot.add_events(
                        _those(
                            tables.events,
                            lambda one: bool(one.unmatched) and one.message_id == provider_id,
                        )
                    )
            case OutboxSwept(room=room):
                due = _those(tables.messages, self._is_due)[:room]
                snapshot.due = [message.id for message in due]
                message_ids = tuple(snapshot.due)
            case LeasesReturned():
                message_ids = command.message_ids
        snapshot.add_verifications(
            _those(tables.verifications, lambda one: one.status == "pending" and one.ref in refs)
        )
        snapshot.add_verifications(_those(tables.verifications, lambda one: one.id in ids))
        snapshot.add_messages(_those(tables.messages, lambda one: one.id in message_ids))

    def _claim(self, snapshot: Snapshot, event_id: str) -> None:
        if event_id in self.tables.events:
            snapshot.event_ids.add(event_id)

    def _address(self, snapshot: Snapshot, address: str | None) -> None:
        if address in self.tables.addresses:
            snapshot.rows.addresses[address] = self.tables.addresses[address]

    def _earlier(self, snapshot: Snapshot, key: str | None) -> tuple[str, ...]:
        if key not in self.tables.requests:
            return ()
        request = snapshot.rows.requests[key] = self.tables.requests[key]
        return (request.verification_id,)

    def _due_callbacks(
        self, snapshot: Snapshot, room: int, busy: tuple[str, ...]
    ) -> tuple[str, ...]:
        """What may be sent now and nobody holds, a few of each web app; and what has expired and
        nobody was told."""
        due = [
            one
            for one in sorted(self.tables.callbacks.values(), key=lambda one: one.not_before)
            if one.state == "queued"
            and max(one.not_before, one.lease_until) <= self.now
            and one.client not in busy
        ]
        places = Counter[str]()
        for callback in due:
            places[callback.client] += 1
            if places[callback.client] > CALLBACKS_EACH:
                continue
            if len(snapshot.due_callbacks) == room:
                break
            snapshot.rows.callbacks[callback.id] = callback
            snapshot.due_callbacks.append(callback.id)
        expired = [
            one
            for one in self.tables.verifications.values()
            if one.status == "pending" and one.callback_url and one.expires_at <= self.now
        ]
        snapshot.expired = [
            one.id for one in sorted(expired, key=lambda one: one.expires_at)[:room]
        ]
        return tuple(snapshot.expired)

    def _counts(self, verification: Verification, phones: set[str]) -> bool:
        """Recent, or still in the one place that the schema has for a phone's awaited reply."""
        if verification.phone not in phones:
            return False
        return verification.created_at > self.now - RECENT or verification.awaiting == "code"

    def _is_due(self, message: Message) -> bool:
        """Nobody holds it, its time has come, and it is the oldest of its phone."""
        if message.state != "queued" or message.lease_until > self.now:
            return False
        if message.send_before <= self.now:
            return True
        return message.not_before <= self.now and not any(
            one.state == "queued"
            and one.phone == message.phone
            and one.id < message.id
            and one.send_before > self.now
            for one in self.tables.messages.values()
        )

    def _apply(self, decision: Decision) -> None:
        new = [one for id, one in decision.rows.messages.items() if id not in self.tables.messages]
        self.tables.write(decision)
        for message in new:
            carried = self.tables.verifications.get(message.verification_id or "")
            words = compose(Outbound(message, carried), sentences(), self.policy.secrets)
            self.sent.append(Sent(message.id, message.kind, words, message.phone, message.number))


Row = Any


def _those(table: dict[str, Row], wanted: Callable[[Row], bool]) -> list[Row]:
    return [row for row in table.values() if wanted(row)]
