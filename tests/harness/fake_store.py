"""The storage of the tests of the core: `records.TABLES` as dicts, with the schema's checks.

A snapshot holds only what `storage.gather` loads for the same commands. A test compares the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from bot import guard
from bot.callbacks import endpoint_key
from bot.ceilings import hour_of
from bot.commands import (
    COUNTED,
    CallbackSettled,
    CallbacksSwept,
    CancelRequested,
    CodeChecked,
    Command,
    DeliveryReported,
    EventIgnored,
    HoldersLost,
    LeasesReturned,
    MessageSettled,
    OutboxSwept,
    Redeemed,
    ResendRequested,
    TextReceived,
    UnlockRequested,
    VerificationRequested,
)
from bot.intents import Login, Stop, denies
from bot.open_requests import OpenRequests, is_open, key
from bot.outbound import urgency
from bot.policy import (
    CALLBACKS_PER_CLIENT,
    EXPIRIES_PER_SWEEP,
    LATE_REPUDIATION_MS,
    RECENT_MS,
    USAGE_HOURS,
)
from bot.records import Callback, Message, Verification
from bot.snapshot import Rows, Snapshot
from tests.harness.schema_checks import check_awaited, check_row

R = TypeVar("R", bound=Struct)


class FakeStore(Rows):
    """The committed rows. Gathers from them what the storage would load for a batch at `now`."""

    now: int = 0

    def write(self, rows: Rows) -> None:
        """Commit rows. Fails where the schema's checks would."""
        self.update(rows)
        for verification in rows.verifications.values():
            check_row(verification)
            check_awaited(self.verifications.values(), verification.phone)

    def gather(self, commands: Sequence[Command], now: int) -> Snapshot:
        """The rows of the commands' keys, then those of the keys found."""
        self.now = now
        snapshot, phones = Snapshot(), set[str]()
        for command in commands:
            self._by_keys(command, snapshot, phones)
        if any(isinstance(command, COUNTED) for command in commands):
            oldest = hour_of(now) - USAGE_HOURS
            _add_where(snapshot, self.usage, lambda one: one.hour >= oldest)
        self._sweep_messages(commands, snapshot)
        self._sweep_callbacks(commands, snapshot)
        self._orphans(commands, snapshot)
        self._verifications_named(snapshot)
        self._add_guards(commands, snapshot)
        self._by_phones(commands, snapshot, phones)
        self._endpoints(commands, snapshot)
        return snapshot

    # -- by keys -------------------------------------------------------------------------------

    def _by_keys(self, command: Command, snapshot: Snapshot, phones: set[str]) -> None:
        match command:
            case TextReceived(phone=phone) | UnlockRequested(phone=phone):
                phones.add(phone)
                if isinstance(intent := getattr(command, "intent", None), Login) and intent.ref:
                    self._add_refs(snapshot, (intent.ref,))
            case EventIgnored(event_id=event_id):
                _add(snapshot, self.events.get(event_id))
            case DeliveryReported(event_id=event_id, provider_id=provider_id):
                _add(snapshot, self.events.get(event_id))
                _add_where(snapshot, self.messages, lambda one: one.provider_id == provider_id)
            case VerificationRequested():
                self._by_request(command, snapshot)
                phones.update({command.phone} if command.phone else ())
            case ResendRequested(id=id, address=address):
                _add(snapshot, self.verifications.get(id), self.addresses.get(address or ""))
            case Redeemed(id=id, idempotency_key=key):
                _add(snapshot, self.verifications.get(id), self.idempotent_requests.get(key or ""))
            case CodeChecked(id=id) | CancelRequested(id=id):
                _add(snapshot, self.verifications.get(id))
            case CallbackSettled(id=id):
                _add(snapshot, self.callbacks.get(id))
            case MessageSettled(message_id=message_id, provider_id=provider_id):
                _add(snapshot, self.messages.get(message_id))
                if provider_id:
                    _add_where(
                        snapshot,
                        self.events,
                        lambda one: bool(one.unmatched) and one.message_id == provider_id,
                    )
            case LeasesReturned(message_ids=ids):
                _add(snapshot, *map(self.messages.get, ids))

    def _by_request(self, wanted: VerificationRequested, snapshot: Snapshot) -> None:
        self._add_refs(snapshot, wanted.refs)
        if wanted.method == "text" and not snapshot.open_requests:
            self._count_open(snapshot)
        _add(
            snapshot,
            self.addresses.get(wanted.address or ""),
            self.idempotent_requests.get(wanted.idempotency_key or ""),
        )

    def _add_guards(self, commands: Sequence[Command], snapshot: Snapshot) -> None:
        """What the fraud guard counts for codes that pages ask for, and for typed ones."""
        keys = set[str]()
        for command in commands:
            match command:
                case VerificationRequested(method="sms", phone=str(phone), address=address):
                    keys.update(guard.keys(phone, address, command.client))
                case ResendRequested(id=id, address=address):
                    keys.update({f"address {address}"} if address else ())
                    keys.update(self._guards_of(id))
                case CodeChecked(id=id):
                    keys.update(self._guards_of(id))
        _add_where(snapshot, self.guards, lambda one: one.key in keys)

    def _guards_of(self, id: str) -> list[str]:
        known = self.verifications.get(id)
        return guard.keys(known.phone, known.address, known.client) if known and known.phone else []

    def _add_refs(self, snapshot: Snapshot, refs: Iterable[str]) -> None:
        refs = set(refs)
        _add_where(
            snapshot,
            self.verifications,
            lambda one: one.status == "pending" and one.ref in refs,
        )

    def _verifications_named(self, snapshot: Snapshot) -> None:
        """Those that messages and idempotency keys name."""
        rows = snapshot.rows
        ids = {one.verification_id or "" for one in rows.messages.values()}
        ids |= {one.verification_id for one in rows.idempotent_requests.values()}
        _add(snapshot, *map(self.verifications.get, sorted(ids)))

    # -- sweeps --------------------------------------------------------------------------------

    def _sweep_messages(self, commands: Sequence[Command], snapshot: Snapshot) -> None:
        rooms = [one.room for one in commands if isinstance(one, OutboxSwept)]
        due = _where(self.messages, self._is_due)
        due = sorted(due, key=lambda one: (urgency(one), one.id))[: max(rooms, default=0)]
        snapshot.add(due)
        snapshot.due_messages = [message.id for message in due]

    def _is_due(self, message: Message) -> bool:
        """No process holds it, and it is due: too late to send, or the oldest of its phone."""
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

    def _sweep_callbacks(self, commands: Sequence[Command], snapshot: Snapshot) -> None:
        """Due callbacks, a few per web app, and expiries to announce."""
        sweeps = [one for one in commands if isinstance(one, CallbacksSwept)]
        room = max((sweep.room for sweep in sweeps), default=0)
        busy = {client for sweep in sweeps for client in sweep.busy}
        due = _few_per_client(_where(self.callbacks, lambda one: self._is_to_call(one, busy)))
        snapshot.add(due[:room])
        snapshot.due_callbacks = [callback.id for callback in due[:room]]
        expired = _where(self.verifications, self._is_to_expire)
        expired.sort(key=lambda one: (one.expires_at, one.id))
        announced = [one for one in expired if one.callback_url is not None][:room]
        silent = [one for one in expired if one.callback_url is None]
        expired = announced + silent[: EXPIRIES_PER_SWEEP if room else 0]
        snapshot.add(expired)
        snapshot.expired = [verification.id for verification in expired]

    def _orphans(self, commands: Sequence[Command], snapshot: Snapshot) -> None:
        """What is leased to processes that have died."""
        holders = {id for one in commands if isinstance(one, HoldersLost) for id in one.holders}
        messages = _where(self.messages, lambda one: _is_held(one, holders))
        callbacks = _where(self.callbacks, lambda one: _is_held(one, holders))
        snapshot.add([*messages, *callbacks])
        snapshot.orphaned_messages = sorted(message.id for message in messages)
        snapshot.orphaned_callbacks = sorted(callback.id for callback in callbacks)

    def _is_to_call(self, callback: Callback, busy: set[str]) -> bool:
        time = max(callback.not_before, callback.lease_until)
        return callback.state == "queued" and time <= self.now and callback.client not in busy

    def _is_to_expire(self, verification: Verification) -> bool:
        is_expired = verification.status == "pending" and verification.expires_at <= self.now
        return is_expired and verification.client is not None

    def _count_open(self, snapshot: Snapshot) -> None:
        """Requests that no phone has claimed."""
        for one in self.verifications.values():
            if is_open(one) and one.expires_at > self.now:
                client, address = key(one)
                first = one.expires_at
                counted = snapshot.open_requests.get((client, address))
                many = counted.many if counted else 0
                if counted:
                    first = min(first, counted.first_expires_at)
                snapshot.add([OpenRequests(client, address, many + 1, first)])

    # -- by phones -----------------------------------------------------------------------------

    def _by_phones(self, commands: Sequence[Command], snapshot: Snapshot, phones: set[str]) -> None:
        phones |= {one.phone for one in snapshot.rows.messages.values()}
        phones |= {one.phone for one in snapshot.rows.verifications.values() if one.phone}
        known = phones & self.phones.keys()
        _add_where(snapshot, self.phones, lambda one: one.phone in known)
        _add_where(snapshot, self.conversations, lambda one: one.phone in known)
        denying = {
            one.phone for one in commands if isinstance(one, TextReceived) and denies(one.intent)
        }
        _add_where(snapshot, self.verifications, lambda one: self._is_deniable(one, denying))
        recent = _where(self.verifications, lambda one: self._is_recent(one, phones))
        snapshot.add(recent)
        codes = {one.message_id for one in recent if one.status == "pending"}
        stopped = {
            one.phone
            for one in commands
            if isinstance(one, TextReceived) and isinstance(one.intent, Stop)
        }
        queued = _where(self.messages, lambda one: one.state == "queued")
        snapshot.add(one for one in queued if one.id in codes or one.phone in stopped)

    def _is_recent(self, verification: Verification, phones: set[str]) -> bool:
        if verification.phone not in phones:
            return False
        return verification.created_at > self.now - RECENT_MS or verification.awaiting == "code"

    def _is_deniable(self, verification: Verification, phones: set[str]) -> bool:
        """Approved within a day, and its phone texts NO."""
        if verification.phone not in phones or verification.status != "approved":
            return False
        return (verification.completed_at or 0) > self.now - LATE_REPUDIATION_MS

    def _endpoints(self, commands: Sequence[Command], snapshot: Snapshot) -> None:
        keys = {
            endpoint_key(one.client or "", one.callback_url or "")
            for one in snapshot.rows.verifications.values()
        }
        keys |= {endpoint_key(one.client, one.url) for one in snapshot.rows.callbacks.values()}
        keys |= {
            endpoint_key(one.client, one.callback_url)
            for one in commands
            if isinstance(one, VerificationRequested) and one.callback_url
        }
        _add_where(snapshot, self.endpoints, lambda one: one.key in keys)


def _is_held(row: Message | Callback, holders: set[str]) -> bool:
    return row.state == "queued" and row.lease_owner in holders


def _add(snapshot: Snapshot, *records: Struct | None) -> None:
    snapshot.add(one for one in records if one is not None)


def _add_where(snapshot: Snapshot, table: Mapping[Any, R], wanted: Callable[[R], bool]) -> None:
    snapshot.add([row for row in table.values() if wanted(row)])


def _where(table: Mapping[Any, R], wanted: Callable[[R], bool]) -> list[R]:
    return [row for row in table.values() if wanted(row)]


def _few_per_client(callbacks: list[Callback]) -> list[Callback]:
    """The longest due first, at most `CALLBACKS_PER_CLIENT` of each web app."""
    chosen, few = Counter[str](), []
    for callback in sorted(callbacks, key=lambda one: (one.not_before, one.id)):
        chosen[callback.client] += 1
        if chosen[callback.client] <= CALLBACKS_PER_CLIENT:
            few.append(callback)
    return few
