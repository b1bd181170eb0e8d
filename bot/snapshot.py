"""The rows that a batch has loaded, and the decision that changes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from msgspec import Struct

from bot.events import Event
from bot.open_requests import OpenRequests, is_open, key
from bot.outcomes import Outcome
from bot.records import (
    TABLES,
    Address,
    Callback,
    Conversation,
    Endpoint,
    ForgottenOptOut,
    Guard,
    IdempotentRequest,
    Message,
    OwnValue,
    Phone,
    Usage,
    Verification,
    WebhookEvent,
)

#: Record type → its table's name, and the function that gives a record's key.
_PLACES: Mapping[type[Struct], tuple[str, Any]] = {
    table.record: (name, attrgetter(*table.key)) for name, table in TABLES.items()
}


#: A `Rows` → all its dicts, in the order of `records.TABLES`.
_dicts = attrgetter(*TABLES)
NOTHING_SENT = Usage(0)


class Rows(Struct):
    """Records by primary key, one dict per table of `records.TABLES`, in that order."""

    phones: dict[str, Phone] = {}
    conversations: dict[tuple[str, str], Conversation] = {}
    verifications: dict[str, Verification] = {}
    messages: dict[str, Message] = {}
    events: dict[str, WebhookEvent] = {}
    addresses: dict[str, Address] = {}
    idempotent_requests: dict[str, IdempotentRequest] = {}
    callbacks: dict[str, Callback] = {}
    endpoints: dict[str, Endpoint] = {}
    usage: dict[int, Usage] = {}
    guards: dict[str, Guard] = {}
    forgotten_opt_outs: dict[str, ForgottenOptOut] = {}
    own_values: dict[str, OwnValue] = {}

    def put(self, record: Struct) -> None:
        """Insert or replace one record in its table."""
        name, key_of = _PLACES[type(record)]
        getattr(self, name)[key_of(record)] = record

    def tables(self) -> Iterator[tuple[str, Collection[Struct]]]:
        """The name and the records of each table that has any."""
        for name, rows in zip(TABLES, _dicts(self), strict=True):
            if rows:
                yield name, rows.values()

    def update(self, later: Rows) -> None:
        """Take over the records of `later`, which replace older ones. Table by table: a loop over
        their names takes four times as long, twice for each command."""
        if later.phones:
            self.phones.update(later.phones)
        if later.conversations:
            self.conversations.update(later.conversations)
        if later.verifications:
            self.verifications.update(later.verifications)
        if later.messages:
            self.messages.update(later.messages)
        if later.events:
            self.events.update(later.events)
        if later.addresses:
            self.addresses.update(later.addresses)
        if later.idempotent_requests:
            self.idempotent_requests.update(later.idempotent_requests)
        if later.callbacks:
            self.callbacks.update(later.callbacks)
        if later.endpoints:
            self.endpoints.update(later.endpoints)
        if later.usage:
            self.usage.update(later.usage)
        if later.guards:
            self.guards.update(later.guards)
        if later.forgotten_opt_outs:
            self.forgotten_opt_outs.update(later.forgotten_opt_outs)
        if later.own_values:
            self.own_values.update(later.own_values)

    def drop(self, deleted: Deleted) -> None:
        """Forget the records that are deleted."""
        rows: dict[Any, Struct] = getattr(self, deleted.table)
        keys, column = deleted.keys, deleted.column
        kept = {at: one for at, one in rows.items() if getattr(one, column) not in keys}
        setattr(self, deleted.table, kept)


class Deleted(Struct, frozen=True):
    """Rows of one table to delete: those whose column is one of `keys`."""

    table: str
    column: str
    keys: frozenset[Any]


class Decision(Struct, frozen=True):
    """What the caller is told, the rows to write in their new state, the events, and the rows to
    delete before that. `phases` are those of a text's phone before and after it, by name."""

    outcome: Outcome
    rows: Rows
    events: tuple[Event, ...] = ()
    deleted: tuple[Deleted, ...] = ()
    #: The texts that it sends, and the codes that it has compared.
    sent: Usage = NOTHING_SENT
    phases: tuple[str, str] | None = None


class Snapshot:
    """Every row that a batch concerns. The writer overlays it with each decision in turn."""

    def __init__(self) -> None:
        self.rows = Rows()
        #: Ids of the rows that the sweeps of this batch handle, in that order.
        self.due_messages: list[str] = []
        self.due_callbacks: list[str] = []
        self.expired: list[str] = []
        #: Ids of the rows that are leased to processes that have died, oldest first.
        self.orphaned_messages: list[str] = []
        self.orphaned_callbacks: list[str] = []
        #: Loaded for commands that open a request, by `open_requests.key`.
        self.open_requests: dict[tuple[str, str | None], OpenRequests] = {}
        #: The texts and compared codes of the day, without those of the command being decided.
        self.used = NOTHING_SENT
        #: Opt-outs of forgotten phones that have come back, to be written, and their hashes.
        self.restored: list[Struct] = []
        self.restored_hashes: set[str] = set()
        self._by_phone: dict[str, list[str]] = {}
        self._by_ref: dict[str, str] = {}
        self._by_provider: dict[str, str] = {}
        self._messages_to: dict[str, list[str]] = {}
        self._unmatched_receipts: dict[str, list[WebhookEvent]] = {}

    def add(self, records: Iterable[Struct]) -> None:
        """Add loaded records."""
        for record in records:
            match record:
                case OpenRequests():
                    self.open_requests[record.client, record.address] = record
                    continue
                case Verification():
                    self._index_verification(record)
                case Message():
                    self._index_message(record)
                case WebhookEvent():
                    self._index_event(record)
                case Usage():
                    self.used = self.used.plus(record)
            self.rows.put(record)

    def restore(self, hash: str, *records: Struct) -> None:
        """Add what was kept of a forgotten phone."""
        self.add(records)
        self.restored += records
        self.restored_hashes.add(hash)

    def overlay(self, decision: Decision) -> None:
        """Let the next command of the batch see what this one changes."""
        for deleted in decision.deleted:
            self.rows.drop(deleted)
        rows = decision.rows
        for verification in rows.verifications.values():
            self._count_open(verification)
            self._index_verification(verification)
        for message in rows.messages.values():
            self._index_message(message)
        for event in rows.events.values():
            self._index_event(event)
        if decision.sent is not NOTHING_SENT:
            self.used = self.used.plus(decision.sent)
        self.rows.update(rows)

    def ids_of_phone(self, phone: str) -> list[str]:
        """The ids of the phone's recent verifications, unordered."""
        return self._by_phone.get(phone, [])

    def id_of_ref(self, ref: str) -> str | None:
        """The id of the pending verification with this ref."""
        return self._by_ref.get(ref)

    def message_of_provider(self, provider_id: str) -> Message | None:
        """The message that has this id at Telnyx."""
        id = self._by_provider.get(provider_id)
        message = self.rows.messages.get(id) if id else None
        return message if message and message.provider_id == provider_id else None

    def unmatched_receipts(self, provider_id: str | None) -> list[WebhookEvent]:
        """Receipts that came before Telnyx's id for their message was known, oldest first."""
        return self._unmatched_receipts.get(provider_id or "", [])

    def queued_messages(self, phone: str) -> list[Message]:
        """Loaded messages to this phone that are still in the outbox."""
        messages = map(self.rows.messages.get, self._messages_to.get(phone, ()))
        return [message for message in messages if message and message.state == "queued"]

    def _count_open(self, after: Verification) -> None:
        """Count a request that is opened or that ends. One that has expired is not counted."""
        change = is_open(after) - is_open(self.rows.verifications.get(after.id))
        if change and after.status != "expired":
            client, address = key(after)
            known = self.open_requests.get((client, address))
            many, first = (known.many, known.first_expires_at) if known else (0, after.expires_at)
            counted = OpenRequests(client, address, max(many + change, 0), first)
            self.open_requests[client, address] = counted

    def _index_verification(self, verification: Verification) -> None:
        known = self.rows.verifications.get(verification.id)
        if verification.phone and (known is None or known.phone != verification.phone):
            self._by_phone.setdefault(verification.phone, []).append(verification.id)
        if verification.ref and verification.status == "pending":
            self._by_ref[verification.ref] = verification.id

    def _index_message(self, message: Message) -> None:
        if message.id not in self.rows.messages:
            self._messages_to.setdefault(message.phone, []).append(message.id)
        if message.provider_id:
            self._by_provider[message.provider_id] = message.id

    def _index_event(self, event: WebhookEvent) -> None:
        if event.unmatched and event.message_id and event.event_id not in self.rows.events:
            self._unmatched_receipts.setdefault(event.message_id, []).append(event)
