"""A batch's decisions → one upsert a table."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from bot.records import Conversation, Event, Message, Phone, Verification
from bot.snapshot import Decision
from storage.dialect import Dialect


class Changes:
    """The last word on each row of a batch."""

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self.phones: dict[str, Phone] = {}
        self.conversations: dict[tuple[str, str], Conversation] = {}
        self.verifications: dict[str, Verification] = {}
        self.messages: dict[str, Message] = {}
        self.events: dict[str, Event] = {}
        for decision in decisions:
            self.phones.update(decision.phones)
            self.conversations.update(decision.conversations)
            self.verifications.update(decision.verifications)
            self.messages.update(decision.messages)
            self.events.update(decision.events)

    def apply(self, connection: Connection, rows: Dialect) -> None:
        """Writes them all. Verifications that let go of a phone come before those that take it."""
        rows.phones.write(connection, list(self.phones.values()))
        rows.conversations.write(connection, list(self.conversations.values()))
        rows.verifications.write(
            connection, sorted(self.verifications.values(), key=_takes_a_phone)
        )
        rows.messages.write(connection, list(self.messages.values()))
        rows.events.write(connection, list(self.events.values()))


def _takes_a_phone(verification: Verification) -> bool:
    return verification.awaiting == "code"
