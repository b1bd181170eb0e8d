"""How a verification reads *now*: whether it or its code has expired is computed on each read.

No timer stores an expiry. `Changes.record_expiry` does, when a command concerns the phone.
"""

from __future__ import annotations

from typing import get_args

from msgspec.structs import replace

from bot.policy import REPUDIATION_WINDOW_MS
from bot.records import FinalStatus, Reason, Verification

FINAL_STATUSES: frozenset[str] = frozenset(get_args(FinalStatus))


def as_of(verification: Verification, now: int) -> Verification:
    """The verification as it reads at `now` (ms); the same object if time changed nothing."""
    if verification.status != "pending":
        return verification
    if verification.expires_at <= now:
        return end(verification, "expired", verification.expires_at)
    if verification.awaiting == "code" and (verification.code_expires_at or 0) <= now:
        return replace(verification, awaiting="login")
    return verification


def end(
    verification: Verification, status: FinalStatus, at: int, reason: Reason | None = None
) -> Verification:
    """The verification in a final status: it awaits nothing, and its seed is erased."""
    return replace(
        verification,
        status=status,
        awaiting=None,
        reason=reason,
        seed=None,
        completed_at=at,
    )


def next_change(verification: Verification, now: int) -> int | None:
    """The time (ms) at which its state next changes without a command; None once it has ended."""
    current = as_of(verification, now)
    if current.status != "pending":
        return None
    if current.awaiting == "code" and current.code_expires_at is not None:
        return min(current.code_expires_at, current.expires_at)
    return current.expires_at


def has_live_code(verification: Verification) -> bool:
    """Whether a code can approve it. Expects a verification as it reads now (see `as_of`)."""
    return verification.status == "pending" and verification.awaiting == "code"


def is_recent_approval(
    verification: Verification, now: int, window_ms: int = REPUDIATION_WINDOW_MS
) -> bool:
    """Whether it was approved less than `window_ms` ago: by default, as long as a NO takes the
    approval back."""
    return verification.status == "approved" and (verification.completed_at or 0) > now - window_ms
