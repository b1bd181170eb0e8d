"""What a committed batch has changed, for the subscribers of the writer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from bot.commands import Command
from bot.events import Event
from bot.outbound import Outbound
from bot.records import Callback, Verification
from bot.snapshot import Decision, Rows
from storage.request import Request


class Decided(NamedTuple):
    """A command, what was decided on it, and the request that it came from, if any."""

    command: Command
    decision: Decision
    request: Request | None


class Steps(NamedTuple):
    """How long the steps of a batch took, in seconds. `commit` includes writing the rows."""

    gather: float = 0
    decide: float = 0
    commit: float = 0


class Commit(Struct, frozen=True):
    """`now` in ms; `outbound` are the messages leased to this process, `withdrawn` the ids of
    messages not to be sent any more, `callbacks` those that are queued, `events` what was decided,
    in order; `decided` says by which commands."""

    now: int
    verifications: Sequence[Verification]
    outbound: Sequence[Outbound]
    withdrawn: Sequence[str]
    callbacks: Sequence[Callback]
    events: Sequence[Event]
    decided: Sequence[Decided] = ()
    steps: Steps = Steps()

    @classmethod
    def of(
        cls,
        changed: Rows,
        known: Rows,
        now: int,
        owner: str,
        decided: Sequence[Decided],
        steps: Steps,
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
            events=[event for one in decided for event in one.decision.events],
            decided=decided,
            steps=steps,
        )
