"""What the caller of a command is told: one of these small frozen values."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from bot.records import Status, Verification

#: Why an approval cannot be redeemed: it was before, it is too long ago, there is none.
NotRedeemable = Literal["redeemed", "too_old", "not_approved"]


class Found(Struct, frozen=True):
    """The verification as it is after the command."""

    verification: Verification


class NotFound(Struct, frozen=True):
    """It does not exist, its poll token has expired, or it is not the caller's: the same answer."""


class AlreadyFinished(Struct, frozen=True):
    """The verification's status does not allow the command. `why` is set for a redeem."""

    status: Status
    why: NotRedeemable | None = None


class NoCode(Struct, frozen=True):
    """No code is active, or none can be sent."""


class Limited(Struct, frozen=True):
    """A limit refuses until `until` (ms). `now` is the writer's time (ms).

    `verification_id` is the web app's live verification of this phone, where a request for another
    one is refused.
    """

    limit: str
    until: int
    now: int
    verification_id: str | None = None


class Recorded(Struct, frozen=True):
    """The command was carried out; there is nothing to return."""


class Duplicate(Struct, frozen=True):
    """The webhook event was recorded before; nothing has changed."""


class Replayed(Struct, frozen=True):
    """The `Idempotency-Key` came with the same request before: its verification as it is now."""

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
