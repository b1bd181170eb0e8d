"""What a committed batch has changed, for the subscribers of the writer."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from bot.events import Event
from bot.records import Callback, Outbound, Verification
from bot.snapshot import Rows


class Commit(Struct, frozen=True):
    """`now` in ms; `outbound` are the messages leased to this process, `withdrawn` the ids of
    messages not to be sent any more, `callbacks` those that are queued, `events` what was decided,
    in order."""

    now: int
    verifications: Sequence[Verification]
    outbound: Sequence[Outbound]
    withdrawn: Sequence[str]
    callbacks: Sequence[Callback]
    events: Sequence[Event]

    @classmethod
    def of(
        cls, changed: Rows, known: Rows, now: int, owner: str, events: Sequence[Event]
    ) -> Commit:
        """From the rows that a batch has `changed`; `known` holds the verifications they name."""
        messages = changed.messages.values()
        return cls(
            now=now,
            verifications=list(changed.verifications.values()),
            outbound=[
                Outbound(message, known.verifications.get(message.verification_id or ""))
                for message in messages
                if message.state == "queued" and message.lease_owner == owner
            ],
            withdrawn=[message.id for message in messages if message.state == "withdrawn"],
            callbacks=[one for one in changed.callbacks.values() if one.state == "queued"],
            events=events,
        )
