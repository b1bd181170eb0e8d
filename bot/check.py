"""A code is compared: the one approval, and the tries that a wrong one costs."""

from __future__ import annotations

from msgspec.structs import replace

from bot import codes
from bot.draft import Draft
from bot.issue import finish
from bot.records import Verification


def approve(draft: Draft, verification: Verification, used: str, binding: str) -> Verification:
    """The one approval; the phone's next login need not wait for the cooldown."""
    assert verification.phone is not None
    spent = codes.spent(draft.policy.secrets, verification.id, used)
    draft.put_phone(replace(draft.phone(verification.phone), cooldown_until=0))
    return finish(draft, replace(verification, binding=binding, spent=spent), "approved")


def count_wrong(draft: Draft, verification: Verification) -> Verification:
    """One try fewer, over all its codes and both doors; the last one ends it."""
    left = replace(verification, attempts_left=verification.attempts_left - 1)
    if left.attempts_left > 0:
        return draft.put_verification(left)
    return finish(draft, left, "max_attempts_reached")
