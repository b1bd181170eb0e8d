"""The rows that a batch of commands concerns, in two waves: by its keys, then by the keys found.

A ref names a verification, that names a phone, and a phone brings all that is recent about it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

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
from bot.records import RECENT_MS, WebhookEvent
from bot.snapshot import Snapshot
from storage.statements import Dialect

#: What a sweep looks through, oldest first; of each phone only the first may go, so that its
#: texts keep their order.
_DUE = """WHERE id IN (
    SELECT id FROM (
        SELECT id, code, send_before, not_before, lease_until,
            min(CASE WHEN send_before > ? THEN id END) OVER (PARTITION BY phone) AS first
        FROM (SELECT * FROM messages WHERE state = 'queued' ORDER BY id LIMIT 5000) AS oldest
    ) AS ranked
    WHERE lease_until <= ? AND (send_before <= ? OR (id = first AND not_before <= ?))
    ORDER BY code IS NULL, id LIMIT ?
) ORDER BY code IS NULL, id"""


#: Of each web app a few, so that one that hangs doesn't hold up the others.
_DUE_CALLBACKS = """WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY client ORDER BY not_before) AS place
        FROM (
            SELECT * FROM callbacks
            WHERE state = 'queued' AND not_before <= ? AND lease_until <= ? AND NOT {busy}
            ORDER BY not_before LIMIT 5000
        ) AS oldest
    ) AS ranked
    WHERE place <= ?
) ORDER BY not_before LIMIT ?"""


class _Keys:
    """What the commands themselves name."""

    __slots__ = (
        "addresses",
        "busy",
        "callback_ids",
        "callbacks_swept",
        "endpoints",
        "event_ids",
        "ids",
        "message_ids",
        "phones",
        "provider_ids",
        "refs",
        "request_keys",
        "settled_ids",
        "stopped",
        "swept",
    )

    def __init__(self, commands: Iterable[Command]) -> None:
        self.event_ids: set[str] = set()
        self.phones: set[str] = set()
        self.refs: set[str] = set()
        self.ids: set[str] = set()
        self.message_ids: set[str] = set()
        self.provider_ids: set[str] = set()
        self.settled_ids: set[str] = set()
        self.stopped: set[str] = set()
        self.addresses: set[str] = set()
        self.endpoints: set[str] = set()
        self.request_keys: set[str] = set()
        self.callback_ids: set[str] = set()
        self.swept = 0
        self.callbacks_swept = 0
        self.busy: set[str] = set()
        for command in commands:
            self._add(command)

    def _add(self, command: Command) -> None:
        match command:
            case TextReceived(phone=phone, intent=intent):
                self.phones.add(phone)
                if isinstance(intent, Login) and intent.ref:
                    self.refs.add(intent.ref)
                elif isinstance(intent, Stop):
                    self.stopped.add(phone)
            case EventIgnored(event_id=event_id):
                self.event_ids.add(event_id)
            case DeliveryReported(event_id=event_id, provider_id=provider_id):
                self.event_ids.add(event_id)
                self.provider_ids.add(provider_id)
            case MessageSettled(message_id=message_id, provider_id=provider_id):
                self.message_ids.add(message_id)
                if provider_id:
                    self.settled_ids.add(provider_id)
            case VerificationRequested(refs=refs, phone=phone):
                if command.callback_url:  # it may be born failed, and is announced then
                    self.endpoints.add(endpoint_key(command.client, command.callback_url))
                self.refs.update(refs)
                if phone:
                    self.phones.add(phone)
                if command.address:
                    self.addresses.add(command.address)
                if command.idempotency_key:
                    self.request_keys.add(command.idempotency_key)
            case ResendRequested(id=id, address=address):
                self.ids.add(id)
                if address:
                    self.addresses.add(address)
            case CodeChecked(id=id) | CancelRequested(id=id) | Redeemed(id=id):
                self.ids.add(id)
            case CallbackSettled(id=id):
                self.callback_ids.add(id)
            case CallbacksSwept(room=room, busy=busy):
                self.callbacks_swept = max(self.callbacks_swept, room)
                self.busy.update(busy)
            case OutboxSwept(room=room):
                self.swept = max(self.swept, room)
            case LeasesReturned(message_ids=message_ids):
                self.message_ids.update(message_ids)


class Gatherer:
    """Loads snapshots; its statements are made once."""

    def __init__(self, dialect: Dialect) -> None:
        self._rows = dialect
        self._pending_refs = dialect.verifications.among("ref", "AND status = 'pending'")
        self._phones = dialect.phones.with_each(
            dialect.conversations, "conversations.phone = phones.phone", "phone"
        )
        self._recent = dialect.verifications.with_each(
            dialect.messages,
            "verifications.status = 'pending' AND messages.id = verifications.message_id "
            "AND messages.state = 'queued'",
            "phone",
            "AND (verifications.created_at > ? OR verifications.awaiting = 'code')",
        )
        self._queued = dialect.messages.among("phone", "AND state = 'queued'")
        self._receipts = dialect.events.among("message_id", "AND unmatched IS NOT NULL")
        self._due_callbacks = dialect.callbacks.select(
            _DUE_CALLBACKS.format(busy=dialect.callbacks.one_of("client"))
        )
        self._unannounced = dialect.verifications.select(
            "WHERE status = 'pending' AND callback_url IS NOT NULL AND expires_at <= ? "
            "ORDER BY expires_at LIMIT ?"
        )
        self._due = dialect.messages.select(_DUE)

    def gather(self, connection: Connection, commands: Iterable[Command], now: int) -> Snapshot:
        """One snapshot with every row that these commands concern."""
        keys, snapshot = _Keys(commands), Snapshot()
        self._claim(connection, keys, snapshot)
        self._by_keys(connection, keys, snapshot, now)
        self._by_phones(connection, keys.phones, snapshot, now)
        if keys.stopped:  # who are sent nothing more; all others' replies go out as they were made
            waiting = (list(keys.stopped),)
            snapshot.add_messages(self._rows.messages.read(connection, self._queued, waiting))
        self._endpoints(connection, keys, snapshot)
        return snapshot

    def _claim(self, connection: Connection, keys: _Keys, snapshot: Snapshot) -> None:
        """Which events were taken in before. The batch's lock makes this look a claim; the
        schema's unique ids stand behind it. Texts are known to their phone (`bot.duplicates`)."""
        seen = self._rows.events.find(connection, "event_id", keys.event_ids)
        snapshot.event_ids.update(event.event_id for event in seen)

    def _by_keys(self, connection: Connection, keys: _Keys, snapshot: Snapshot, now: int) -> None:
        rows = self._rows
        if keys.refs:
            snapshot.add_verifications(
                rows.verifications.read(connection, self._pending_refs, (list(keys.refs),))
            )
        snapshot.add_verifications(rows.verifications.find(connection, "id", keys.ids))
        snapshot.add_messages(rows.messages.find(connection, "id", keys.message_ids))
        snapshot.add_messages(rows.messages.find(connection, "provider_id", keys.provider_ids))
        if keys.settled_ids:
            snapshot.add_events(self._early_receipts(connection, keys))
        if keys.swept:
            due = rows.messages.read(connection, self._due, (now, now, now, now, keys.swept))
            snapshot.add_messages(due)
            snapshot.due = [message.id for message in due]
        self._for_web_apps(connection, keys, snapshot, now)
        self._name_more(connection, keys, snapshot)

    def _for_web_apps(
        self, connection: Connection, keys: _Keys, snapshot: Snapshot, now: int
    ) -> None:
        """Idempotency keys, addresses, callbacks: nothing that a text ever needs."""
        rows, found = self._rows, snapshot.rows
        for address in rows.addresses.find(connection, "address", keys.addresses):
            found.addresses[address.address] = address
        for request in rows.requests.find(connection, "key", keys.request_keys):
            found.requests[request.key] = request
        opened = {request.verification_id for request in found.requests.values()}
        snapshot.add_verifications(rows.verifications.find(connection, "id", opened))
        for callback in rows.callbacks.find(connection, "id", keys.callback_ids):
            found.callbacks[callback.id] = callback
        if not keys.callbacks_swept:
            return
        limit = keys.callbacks_swept
        values = (now, now, list(keys.busy), CALLBACKS_EACH, limit)
        for callback in rows.callbacks.read(connection, self._due_callbacks, values):
            found.callbacks[callback.id] = callback
            snapshot.due_callbacks.append(callback.id)
        expired = rows.verifications.read(connection, self._unannounced, (now, limit))
        snapshot.add_verifications(expired)
        snapshot.expired = [verification.id for verification in expired]

    def _name_more(self, connection: Connection, keys: _Keys, snapshot: Snapshot) -> None:
        """A message names its verification; both name the phone."""
        wanted = {
            message.verification_id
            for message in snapshot.rows.messages.values()
            if message.verification_id
            and message.verification_id not in snapshot.rows.verifications
        }
        snapshot.add_verifications(self._rows.verifications.find(connection, "id", wanted))
        keys.phones.update(message.phone for message in snapshot.rows.messages.values())
        keys.phones.update(
            verification.phone
            for verification in snapshot.rows.verifications.values()
            if verification.phone
        )

    def _by_phones(
        self, connection: Connection, phones: set[str], snapshot: Snapshot, now: int
    ) -> None:
        """A phone without a row has nothing else either. Of its texts those with a code that may
        still be withdrawn."""
        if not phones:
            return
        rows, found = self._rows, snapshot.rows
        for phone, pair in rows.phones.read_with(
            rows.conversations, connection, self._phones, (list(phones),)
        ):
            found.phones[phone.phone] = phone
            if pair is not None:
                found.conversations[pair.phone, pair.number] = pair
        if not found.phones:
            return
        for verification, message in rows.verifications.read_with(
            rows.messages, connection, self._recent, (list(found.phones), now - RECENT_MS)
        ):
            snapshot.add_verifications((verification,))
            if message is not None:
                snapshot.add_messages((message,))

    def _endpoints(self, connection: Connection, keys: _Keys, snapshot: Snapshot) -> None:
        """Whether the URLs that may be called back want to be."""
        wanted = set(keys.endpoints)
        for verification in snapshot.rows.verifications.values():
            if verification.client and verification.callback_url:
                wanted.add(endpoint_key(verification.client, verification.callback_url))
        for callback in snapshot.rows.callbacks.values():
            wanted.add(endpoint_key(callback.client, callback.url))
        for endpoint in self._rows.endpoints.find(connection, "key", wanted):
            snapshot.rows.endpoints[endpoint.key] = endpoint

    def _early_receipts(self, connection: Connection, keys: _Keys) -> list[WebhookEvent]:
        return self._rows.events.read(connection, self._receipts, (list(keys.settled_ids),))
