"""What the caller of a command is told: one of these small frozen values."""

from __future__ import annotations

from msgspec import Struct

from bot.records import Status, Verification


class Found(Struct, frozen=True):
    """The verification as it is after the command."""

    verification: Verification


class NotFound(Struct, frozen=True):
    """The same whether it is missing, its token has expired, or it is not the caller's."""


class AlreadyFinished(Struct, frozen=True):
    """The command needs another status than the verification has."""

    status: Status


class NoCode(Struct, frozen=True):
    """No code is active, or none can be sent."""


class Limited(Struct, frozen=True):
    """A limit refuses until `until` (ms). `now` is the writer's clock."""

    limit: str
    until: int
    now: int


class Recorded(Struct, frozen=True):
    """A webhook was recorded."""


class Duplicate(Struct, frozen=True):
    """A webhook that was recorded before."""


class Replayed(Struct, frozen=True):
    """The `Idempotency-Key` came with the same request before: what it opened, as it is now."""

    verification: Verification


class Mismatch(Struct, frozen=True):
    """The `Idempotency-Key` came with another request before."""


Outcome = (
    Found
    | NotFound
    | AlreadyFinished
    | NoCode
    | Limited
    | Recorded
    | Duplicate
    | Replayed
    | Mismatch
)
