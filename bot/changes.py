"""The changes that one command has made so far, on top of its batch's snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, json
from msgspec.structs import replace

from bot.events import Door, Event
from bot.expiry import as_of
from bot.inputs import Ids, Slots
from bot.policy import REPLY_LIFE_MS, Policy
from bot.records import Address, Conversation, Guard, Message, Phone, Usage, Verification
from bot.snapshot import NOTHING_SENT, Deleted, Rows, Snapshot

#: One text, by the door that asked for the code in it, if any.
_TEXT_FOR: Mapping[Door | None, Usage] = {
    None: Usage(0, texts=1),
    "text": Usage(0, codes=1, texts=1),
    "page": Usage(0, codes=1, page_codes=1, texts=1),
}
_RIGHT, _WRONG = Usage(0, right_codes=1), Usage(0, wrong_codes=1)


class Changes:
    """Reads see the command's own changes. The snapshot itself is never modified."""

    __slots__ = (
        "deleted",
        "events",
        "ids",
        "now",
        "phases",
        "policy",
        "rows",
        "sent",
        "slots",
        "snapshot",
    )

    def __init__(
        self, snapshot: Snapshot, now: int, policy: Policy, ids: Ids, slots: Slots
    ) -> None:
        self.snapshot = snapshot
        self.now = now
        self.policy = policy
        self.ids = ids
        self.slots = slots
        self.rows = Rows()
        self.events: list[Event] = []
        #: The texts of this command, and the codes that it has compared.
        self.sent = NOTHING_SENT
        self.phases: tuple[str, str] | None = None
        self.deleted: tuple[Deleted, ...] = ()

    # -- reads ---------------------------------------------------------------------------------

    def phone(self, phone: str) -> Phone:
        """The phone's limits; an unknown phone has used up none."""
        return self.rows.phones.get(phone) or self.snapshot.rows.phones.get(phone) or Phone(phone)

    def conversation(self, phone: str, number: str) -> Conversation:
        """The pair of phone and number; an unknown pair has not opted out."""
        key = (phone, number)
        return (
            self.rows.conversations.get(key)
            or self.snapshot.rows.conversations.get(key)
            or Conversation(phone, number)
        )

    def verification(self, id: str) -> Verification | None:
        """The verification as it reads now."""
        known = self._verification(id)
        return None if known is None else as_of(known, self.now)

    def verification_of_ref(self, ref: str) -> Verification | None:
        """The verification with this ref, as it reads now."""
        id = self.snapshot.id_of_ref(ref)
        return None if id is None else self.verification(id)

    def verifications_of(self, phone: str) -> list[Verification]:
        """The phone's recent verifications as they read now, oldest first."""
        found = [as_of(known, self.now) for known in self._verifications_of(phone)]
        found.sort(key=lambda verification: verification.id)
        return found

    def address(self, address: str) -> Address:
        """The limits of a client address; an unknown one has used up none."""
        known = self.rows.addresses.get(address) or self.snapshot.rows.addresses.get(address)
        return known or Address(address)

    def guard(self, key: str) -> Guard:
        """What the fraud guard has counted."""
        known = self.rows.guards.get(key) or self.snapshot.rows.guards.get(key)
        return known or Guard(key)

    def message(self, id: str) -> Message | None:
        """One of our messages."""
        return self.rows.messages.get(id) or self.snapshot.rows.messages.get(id)

    def queued_messages(self, phone: str) -> list[Message]:
        """Messages to this phone from earlier commands that are still in the outbox."""
        return [
            message
            for message in self.snapshot.queued_messages(phone)
            if self.rows.messages.get(message.id, message).state == "queued"
        ]

    def used(self) -> Usage:
        """The texts and compared codes of the day over all phones."""
        used = self.snapshot.used
        return used if self.sent is NOTHING_SENT else used.plus(self.sent)

    def _verification(self, id: str) -> Verification | None:
        return self.rows.verifications.get(id) or self.snapshot.rows.verifications.get(id)

    def _verifications_of(self, phone: str) -> list[Verification]:
        """As stored, not as they read now; unordered."""
        ids = self.snapshot.ids_of_phone(phone)
        if not ids and not self.rows.verifications:
            return []
        known = map(self._verification, {*ids, *self.rows.verifications})
        return [one for one in known if one is not None and one.phone == phone]

    # -- writes, applied at the end of the batch -----------------------------------------------

    def put(self, record: Struct) -> None:
        """Insert or replace a row. Verifications go through `put_verification`."""
        self.rows.put(record)

    def put_verification(self, verification: Verification) -> Verification:
        """Insert or replace a verification. Returns it with its next revision number."""
        committed = self.snapshot.rows.verifications.get(verification.id)
        revision = committed.revision + 1 if committed else 1
        if verification.revision != revision:
            verification = replace(verification, revision=revision)
        self.rows.verifications[verification.id] = verification
        return verification

    def record_expiry(self, phone: str) -> None:
        """Store what time alone has changed about the phone's verifications. The rows then agree
        with a read, and at most one of them awaits a reply."""
        for known in self._verifications_of(phone):
            current = as_of(known, self.now)
            if current is not known:
                self.put_verification(current)

    def count_text(self, door: Door | None) -> None:
        """Count one more text towards the ceilings. `door` asked for the code in it, if any."""
        text = _TEXT_FOR[door]
        self.sent = text if self.sent is NOTHING_SENT else self.sent.plus(text)

    def delete(self, table: str, column: str, keys: Iterable[str | int]) -> None:
        """Delete the rows of a table whose column is one of `keys`."""
        if found := frozenset(keys):
            self.deleted += (Deleted(table, column, found),)

    def count_compared(self, *, right: bool) -> None:
        """Count a code that was compared."""
        self.sent = self.sent.plus(_RIGHT if right else _WRONG)

    def report(self, event: Event) -> None:
        """Add a decision event."""
        self.events.append(event)

    def send(
        self,
        kind: str,
        phone: str,
        number: str,
        *,
        locale: str,
        params: dict[str, str] | None = None,
        next_code_of: Verification | None = None,
        door: Door | None = None,
        life_ms: int = REPLY_LIFE_MS,
    ) -> Message:
        """Queue a text from `number` to `phone`, leased to this process if it has a free slot.
        It is not sent any more after `life_ms`. `door` asked for the code that it has, if any.

        It is not leased while another process holds an earlier message to this phone: one
        phone's messages go out in order.
        """
        owner, until = self.slots.lease(self.now)
        earlier = self.snapshot.queued_messages(phone)
        if owner and any([one.lease_owner != owner for one in earlier]):
            owner, until = None, 0
        message = Message(
            id=self.ids.id("msg", self.now),
            phone=phone,
            number=number,
            kind=kind,
            locale=locale,
            params=json.encode(params).decode() if params else "{}",
            created_at=self.now,
            send_before=self.now + life_ms,
            verification_id=next_code_of.id if next_code_of else None,
            code=next_code_of.codes + 1 if next_code_of else None,
            lease_owner=owner,
            lease_until=until,
        )
        self.rows.messages[message.id] = message
        self.count_text(door)
        return message
