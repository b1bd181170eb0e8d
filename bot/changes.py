"""One decision in the making: the snapshot, and over it what this command changes so far."""

from __future__ import annotations

from msgspec import json
from msgspec.structs import replace

from bot.expiry import as_of
from bot.inputs import Ids, Slots
from bot.policy import REPLY_LIFE_MS, Policy
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
from bot.snapshot import Rows, Snapshot


class Changes:
    """Reads see the changes's own changes; the snapshot itself is left alone."""

    __slots__ = ("ids", "now", "policy", "rows", "slots", "snapshot")

    def __init__(
        self, snapshot: Snapshot, now: int, policy: Policy, ids: Ids, slots: Slots
    ) -> None:
        self.snapshot = snapshot
        self.now = now
        self.policy = policy
        self.ids = ids
        self.slots = slots
        self.rows = Rows()

    def phone(self, phone: str) -> Phone:
        """Its limits; a phone never seen has none used."""
        return self.rows.phones.get(phone) or self.snapshot.rows.phones.get(phone) or Phone(phone)

    def conversation(self, phone: str, number: str) -> Conversation:
        """The pair; one never seen is open."""
        key = (phone, number)
        return (
            self.rows.conversations.get(key)
            or self.snapshot.rows.conversations.get(key)
            or Conversation(phone, number)
        )

    def verification(self, id: str) -> Verification | None:
        """As it reads now."""
        known = self.rows.verifications.get(id) or self.snapshot.rows.verifications.get(id)
        return None if known is None else as_of(known, self.now)

    def verification_of_ref(self, ref: str) -> Verification | None:
        """The one that shows these letters."""
        id = self.snapshot.id_of_ref(ref)
        return None if id is None else self.verification(id)

    def verifications_of(self, phone: str) -> list[Verification]:
        """A phone's recent ones as they read now, oldest first.

        What time has changed is written down here, so that what is stored stays as true as what
        is read: one awaited reply a phone.
        """
        ids = self.snapshot.ids_of_phone(phone)
        if not ids and not self.rows.verifications:
            return []
        found = []
        for id in {*ids, *self.rows.verifications}:
            known = self.rows.verifications.get(id) or self.snapshot.rows.verifications[id]
            if known.phone != phone:
                continue
            current = as_of(known, self.now)
            if current is not known:
                self.put_verification(current)
            found.append(current)
        found.sort(key=lambda verification: verification.id)
        return found

    def address(self, address: str) -> Address:
        """Its window; one never seen has asked for nothing."""
        known = self.rows.addresses.get(address) or self.snapshot.rows.addresses.get(address)
        return known or Address(address)

    def message(self, id: str) -> Message | None:
        """One of ours."""
        return self.rows.messages.get(id) or self.snapshot.rows.messages.get(id)

    def queued(self, phone: str) -> list[Message]:
        """What is not out yet to a phone, this changes's own messages aside."""
        return [
            message
            for message in self.snapshot.queued(phone)
            if self.rows.messages.get(message.id, message).state == "queued"
        ]

    def put_phone(self, phone: Phone) -> None:
        """Shall be written."""
        self.rows.phones[phone.phone] = phone

    def put_conversation(self, conversation: Conversation) -> None:
        """Shall be written."""
        self.rows.conversations[conversation.phone, conversation.number] = conversation

    def put_verification(self, verification: Verification) -> Verification:
        """Shall be written, one revision on."""
        committed = self.snapshot.rows.verifications.get(verification.id)
        revision = committed.revision + 1 if committed else 1
        if verification.revision != revision:
            verification = replace(verification, revision=revision)
        self.rows.verifications[verification.id] = verification
        return verification

    def put_message(self, message: Message) -> None:
        """Shall be written."""
        self.rows.messages[message.id] = message

    def put_address(self, address: Address) -> None:
        """Shall be written."""
        self.rows.addresses[address.address] = address

    def put_request(self, request: IdempotentRequest) -> None:
        """Shall be written."""
        self.rows.requests[request.key] = request

    def put_callback(self, callback: Callback) -> None:
        """Shall be written."""
        self.rows.callbacks[callback.id] = callback

    def put_endpoint(self, endpoint: Endpoint) -> None:
        """Shall be written."""
        self.rows.endpoints[endpoint.key] = endpoint

    def put_event(self, event: WebhookEvent) -> None:
        """Shall be written."""
        self.rows.events[event.event_id] = event

    def send(
        self,
        kind: str,
        phone: str,
        number: str,
        *,
        params: dict[str, str] | None = None,
        locale: str = "en",
        code_of: Verification | None = None,
        send_before: int = 0,
    ) -> Message:
        """Queues a text. Kept for a phone whose earlier ones another process still holds."""
        owner, until = self.slots.lease(self.now)
        if owner and any(held.lease_owner != owner for held in self.snapshot.queued(phone)):
            owner, until = None, 0
        message = Message(
            self.ids.id("msg", self.now),
            phone,
            number,
            kind,
            locale,
            json.encode(params).decode() if params else "{}",
            self.now,
            send_before or self.now + REPLY_LIFE_MS,
            code_of.id if code_of else None,
            code_of.codes if code_of else None,
            lease_owner=owner,
            lease_until=until,
        )
        self.rows.messages[message.id] = message
        return message
