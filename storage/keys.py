"""The keys that the commands of a batch name: what the first wave of `gather` loads."""

from __future__ import annotations

from collections.abc import Iterable

from bot import guard
from bot.callbacks import endpoint_key
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
    OwnValueSet,
    PhoneForgotten,
    Redeemed,
    ResendRequested,
    RowsPurged,
    TextReceived,
    UnlockRequested,
    VerificationRequested,
)
from bot.intents import Login, Stop, denies
from bot.retention import LIVING


class Keys:
    """Sets of keys, and how much room the sweeping processes have."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self.addresses: set[str] = set()
        #: Web apps that have enough calls under way.
        self.busy_clients: set[str] = set()
        self.callback_ids: set[str] = set()
        self.endpoints: set[str] = set()
        self.event_ids: set[str] = set()
        #: Ids of verifications.
        self.verification_ids: set[str] = set()
        self.message_ids: set[str] = set()
        self.phones: set[str] = set()
        #: Telnyx's ids of messages that receipts name.
        self.provider_ids: set[str] = set()
        self.refs: set[str] = set()
        self.request_keys: set[str] = set()
        #: Telnyx's ids of the messages that the sender has just sent.
        self.settled_ids: set[str] = set()
        self.stopped_phones: set[str] = set()
        #: Phones that text NO.
        self.denying_phones: set[str] = set()
        #: Lease owners of processes that have died.
        self.lost_holders: set[str] = set()
        #: Whether a command opens a request that waits for its ref.
        self.opens_requests = False
        #: Whether the hour's usage counts a command.
        self.is_counted = False
        #: What the fraud guard counts.
        self.guards: set[str] = set()
        #: Verifications whose phones' guards are needed.
        self.guarded_ids: set[str] = set()
        #: Rows to be looked at before they are deleted, by table; and own values.
        self.rows: dict[str, set[str]] = {}
        self.callback_room = 0
        self.message_room = 0
        for command in commands:
            self._add(command)

    def _add(self, command: Command) -> None:
        self.is_counted |= isinstance(command, COUNTED)
        match command:
            case TextReceived():
                self._add_text(command)
            case EventIgnored(event_id=event_id):
                self.event_ids.add(event_id)
            case DeliveryReported(event_id=event_id, provider_id=provider_id):
                self.event_ids.add(event_id)
                self.provider_ids.add(provider_id)
            case MessageSettled(message_id=message_id, provider_id=provider_id):
                self.message_ids.add(message_id)
                if provider_id:
                    self.settled_ids.add(provider_id)
            case OutboxSwept(room=room):
                self.message_room = max(self.message_room, room)
            case HoldersLost(holders=holders):
                self.lost_holders.update(holders)
            case LeasesReturned(message_ids=message_ids):
                self.message_ids.update(message_ids)
            case VerificationRequested():
                self._add_request(command)
            case ResendRequested(id=id, address=address):
                self.verification_ids.add(id)
                self.guarded_ids.add(id)
                if address:
                    self.addresses.add(address)
                    self.guards.add(f"address {address}")
            case CodeChecked(id=id):
                self.verification_ids.add(id)
                self.guarded_ids.add(id)
            case Redeemed(id=id, idempotency_key=key):
                self.verification_ids.add(id)
                if key:
                    self.request_keys.add(key)
            case CancelRequested(id=id):
                self.verification_ids.add(id)
            case UnlockRequested(phone=phone):
                self.phones.add(phone)
            case CallbackSettled(id=id):
                self.callback_ids.add(id)
            case CallbacksSwept(room=room, busy=busy):
                self.callback_room = max(self.callback_room, room)
                self.busy_clients.update(busy)
            case RowsPurged(table=table, keys=keys) if table in LIVING:
                self.rows.setdefault(table, set()).update(map(str, keys))
            case PhoneForgotten(phone=phone):
                self.phones.add(phone)
                self.stopped_phones.add(phone)
            case OwnValueSet(name=name):
                self.rows.setdefault("own_values", set()).add(name)

    def _add_text(self, text: TextReceived) -> None:
        self.phones.add(text.phone)
        if isinstance(text.intent, Login) and text.intent.ref:
            self.refs.add(text.intent.ref)
        if isinstance(text.intent, Stop):
            self.stopped_phones.add(text.phone)
        if denies(text.intent):
            self.denying_phones.add(text.phone)

    def _add_request(self, wanted: VerificationRequested) -> None:
        self.refs.update(wanted.refs)
        self.opens_requests |= wanted.method == "text"
        if wanted.phone:
            self.phones.add(wanted.phone)
            if wanted.method == "sms":
                self.guards.update(guard.keys(wanted.phone, wanted.address, wanted.client))
        if wanted.address:
            self.addresses.add(wanted.address)
        if wanted.idempotency_key:
            self.request_keys.add(wanted.idempotency_key)
        if wanted.callback_url:  # the verification may fail at once, which is announced
            self.endpoints.add(endpoint_key(wanted.client, wanted.callback_url))
