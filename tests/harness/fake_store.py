"""The storage's part in the core's tests: plain dicts, and the schema's checks.

A snapshot holds only what the storage would load for a command.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.callbacks import endpoint_key
from bot.commands import (
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
from bot.intents import Login, Stop
from bot.policy import CALLBACKS_EACH
from bot.records import (
    RECENT_MS,
    Address,
    Callback,
    Conversation,
    Endpoint,
    IdempotentRequest,
    Message,
    Phone,
    Verification,
    WebhookEvent,
)
from bot.snapshot import Decision, Snapshot

Row = Any


def _those(table: dict[str, Row], wanted: Callable[[Row], bool]) -> list[Row]:
    return [row for row in table.values() if wanted(row)]


@dataclass
class Tables:
    """What is committed, and what the storage would load of it at `now`."""

    now: int = 0

    phones: dict[str, Phone] = field(default_factory=dict)
    conversations: dict[tuple[str, str], Conversation] = field(default_factory=dict)
    verifications: dict[str, Verification] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    events: dict[str, WebhookEvent] = field(default_factory=dict)
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

    def gather(self, commands: Sequence[Command], now: int) -> Snapshot:
        """In two waves: by the commands' keys, then by the keys found."""
        self.now = now
        tables, snapshot = self, Snapshot()
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
        codes = {
            one.message_id
            for one in snapshot.rows.verifications.values()
            if one.status == "pending" and one.phone in known
        }
        stopped = {
            one.phone
            for one in commands
            if isinstance(one, TextReceived) and isinstance(one.intent, Stop)
        }
        snapshot.add_messages(
            _those(
                tables.messages,
                lambda one: one.state == "queued" and (one.id in codes or one.phone in stopped),
            )
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
        tables = self
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
        if event_id in self.events:
            snapshot.event_ids.add(event_id)

    def _address(self, snapshot: Snapshot, address: str | None) -> None:
        if address in self.addresses:
            snapshot.rows.addresses[address] = self.addresses[address]

    def _earlier(self, snapshot: Snapshot, key: str | None) -> tuple[str, ...]:
        if key not in self.requests:
            return ()
        request = snapshot.rows.requests[key] = self.requests[key]
        return (request.verification_id,)

    def _due_callbacks(
        self, snapshot: Snapshot, room: int, busy: tuple[str, ...]
    ) -> tuple[str, ...]:
        """What may be sent now and nobody holds, a few of each web app; and what has expired and
        nobody was told."""
        due = [
            one
            for one in sorted(self.callbacks.values(), key=lambda one: one.not_before)
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
            for one in self.verifications.values()
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
        return verification.created_at > self.now - RECENT_MS or verification.awaiting == "code"

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
            for one in self.messages.values()
        )
