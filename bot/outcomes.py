"""What the caller of a command gets: one of these small frozen values."""

from __future__ import annotations

from msgspec import Struct

from bot.records import Verification


class Found(Struct, frozen=True):
    """The verification as it is after the command."""

    verification: Verification


class NotFound(Struct, frozen=True):
    """No such verification, or not the asker's: the same answer."""


class AlreadyFinished(Struct, frozen=True):
    """The verification has ended, and how."""

    status: str


class NoCode(Struct, frozen=True):
    """No live code to compare with."""


class Limited(Struct, frozen=True):
    """A limit says no until `until` (ms); `now` is the writer's clock."""

    limit: str
    until: int
    now: int


class Recorded(Struct, frozen=True):
    """A webhook was taken in."""


class Duplicate(Struct, frozen=True):
    """A webhook was taken in before."""


class Replayed(Struct, frozen=True):
    """The `Idempotency-Key` was used for the same request before: what it opened, as it is now."""

    verification: Verification


class Mismatch(Struct, frozen=True):
    """The `Idempotency-Key` was used for another request before."""


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
