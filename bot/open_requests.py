"""Open requests: those that wait for a phone to text their ref. Each occupies a ref.

They are few, so that a mistyped ref hardly ever hits one, and no caller uses up those of others.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from bot.commands import PAGES_CLIENT
from bot.limits import Refusal
from bot.policy import OPEN_IN_ALL, OPEN_PER_ADDRESS, Policy
from bot.records import Verification

LIMIT = "open_per_app"


class OpenRequests(Struct, frozen=True):
    """How many a web app has, and when the first of them expires (ms). Those of the hosted pages
    are counted by client address."""

    client: str
    address: str | None
    many: int
    first_expires_at: int


def key(verification: Verification) -> tuple[str, str | None]:
    """Where it is counted."""
    client = verification.client or ""
    return client, verification.address if client == PAGES_CLIENT else None


def is_open(verification: Verification | None) -> bool:
    """Whether it is pending, as stored, and no phone has claimed it."""
    return (
        verification is not None
        and verification.status == "pending"
        and verification.claimed_at is None
    )


def may_open(
    every: Collection[OpenRequests], opened: Verification, policy: Policy
) -> Refusal | None:
    """The refusal if there are too many of this web app, of this address, or in all."""
    client, address = key(opened)
    own = [one for one in every if one.client == client]
    neighbours = [one for one in own if one.address == address]
    if client == PAGES_CLIENT and _count(neighbours) >= OPEN_PER_ADDRESS:
        return _until_one_expires(neighbours)
    if _count(own) >= policy.open_per_app:
        return _until_one_expires(own)
    return _until_one_expires(every) if _count(every) >= OPEN_IN_ALL else None


def _count(some: Collection[OpenRequests]) -> int:
    return sum(one.many for one in some)


def _until_one_expires(some: Collection[OpenRequests]) -> Refusal:
    return Refusal(LIMIT, min(one.first_expires_at for one in some))
