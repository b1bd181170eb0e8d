"""What a batch has loaded, and what a decision would change of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from bot.outcomes import Outcome
from bot.records import (
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


class Rows:
    """Rows by their keys, a dict a table."""

    __slots__ = (
        "_tables",
        "addresses",
        "callbacks",
        "conversations",
        "endpoints",
        "events",
        "messages",
        "phones",
        "requests",
        "verifications",
    )

    def __init__(self) -> None:
        self.phones: dict[str, Phone] = {}
        self.conversations: dict[tuple[str, str], Conversation] = {}
        self.verifications: dict[str, Verification] = {}
        self.messages: dict[str, Message] = {}
        self.events: dict[str, WebhookEvent] = {}
        self.addresses: dict[str, Address] = {}
        self.requests: dict[str, IdempotentRequest] = {}
        self.callbacks: dict[str, Callback] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self._tables: tuple[dict[Any, Any], ...] = (
            self.phones,
            self.conversations,
            self.verifications,
            self.messages,
            self.events,
            self.addresses,
            self.requests,
            self.callbacks,
            self.endpoints,
        )

    def update(self, later: Rows) -> None:
        """The later word on a row counts."""
        for mine, theirs in zip(self._tables, later._tables, strict=True):
            if theirs:
                mine.update(theirs)


class Decision(Struct, frozen=True):
    """Rows to write, each as it shall be, and what the caller is told."""

    outcome: Outcome
    rows: Rows


class Snapshot:
    """Every row that a batch concerns. The writer lays each decision over it in turn."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.receipts: dict[str, list[WebhookEvent]] = {}
        self.event_ids: set[str] = set()
        self.due: list[str] = []
        self.due_callbacks: list[str] = []
        self.expired: list[str] = []
        self._by_phone: dict[str, list[str]] = {}
        self._by_ref: dict[str, str] = {}
        self._by_provider: dict[str, str] = {}
        self._messages_of: dict[str, list[str]] = {}

    def add_verifications(self, verifications: Iterable[Verification]) -> None:
        """Also under their phone and, while pending, their ref."""
        for verification in verifications:
            known = self.rows.verifications.get(verification.id)
            self.rows.verifications[verification.id] = verification
            if verification.phone and (known is None or known.phone != verification.phone):
                self._by_phone.setdefault(verification.phone, []).append(verification.id)
            if verification.ref and verification.status == "pending":
                self._by_ref[verification.ref] = verification.id

    def add_messages(self, messages: Iterable[Message]) -> None:
        """Also under their phone and Telnyx's id."""
        for message in messages:
            if message.id not in self.rows.messages:
                self._messages_of.setdefault(message.phone, []).append(message.id)
            self.rows.messages[message.id] = message
            if message.provider_id:
                self._by_provider[message.provider_id] = message.id

    def add_events(self, events: Iterable[WebhookEvent]) -> None:
        """As claimed ids, and as receipts that still wait for their message."""
        for event in events:
            self.event_ids.add(event.event_id)
            if event.unmatched and event.message_id:
                self.receipts.setdefault(event.message_id, []).append(event)

    def ids_of_phone(self, phone: str) -> list[str]:
        """Its recent verifications, unordered."""
        return self._by_phone.get(phone, [])

    def id_of_ref(self, ref: str) -> str | None:
        """The verification that shows these letters."""
        return self._by_ref.get(ref)

    def message_of_provider(self, provider_id: str) -> Message | None:
        """Our message that Telnyx knows by this id."""
        id = self._by_provider.get(provider_id)
        message = self.rows.messages[id] if id else None
        return message if message and message.provider_id == provider_id else None

    def queued(self, phone: str) -> Iterator[Message]:
        """What has not gone out to this phone yet."""
        for id in self._messages_of.get(phone, ()):
            message = self.rows.messages[id]
            if message.state == "queued":
                yield message

    def overlay(self, decision: Decision) -> None:
        """What was decided counts for the next command of the batch."""
        rows = decision.rows
        self.add_verifications(rows.verifications.values())
        self.add_messages(rows.messages.values())
        self.add_events(rows.events.values())
        self.rows.update(rows)
