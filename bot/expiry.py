"""What a verification is *now*: expiry and a code's death are decided on reading, by no timer."""

from __future__ import annotations

from msgspec.structs import replace

from bot.records import REPUDIATION_WINDOW_MS, Verification

FINAL_STATUSES = frozenset(
    {"approved", "denied", "expired", "max_attempts_reached", "canceled", "failed"}
)


def as_of(verification: Verification, now: int) -> Verification:
    """The verification as it reads at `now`; the same object where time changed nothing."""
    if verification.status != "pending":
        return verification
    if verification.expires_at <= now:
        return end(verification, "expired", verification.expires_at)
    if verification.awaiting == "code" and (verification.code_expires_at or 0) <= now:
        return replace(verification, awaiting="login")
    return verification


def end(
    verification: Verification, status: str, at: int, reason: str | None = None
) -> Verification:
    """The verification over: nothing awaited, its seed erased."""
    return replace(
        verification,
        status=status,
        awaiting=None,
        reason=reason,
        seed=None,
        completed_at=at,
    )


def next_change(verification: Verification, now: int) -> int | None:
    """When time alone will next change how it reads (ms), None once it is over."""
    current = as_of(verification, now)
    if current.status != "pending":
        return None
    if current.awaiting == "code" and current.code_expires_at is not None:
        return min(current.code_expires_at, current.expires_at)
    return current.expires_at


def has_live_code(verification: Verification) -> bool:
    """Whether a code could approve it (of a verification as it reads now)."""
    return verification.status == "pending" and verification.awaiting == "code"


def is_recent_approval(verification: Verification, now: int) -> bool:
    """Whether its approval can still be taken back by a NO."""
    return (
        verification.status == "approved"
        and (verification.completed_at or 0) > now - REPUDIATION_WINDOW_MS
    )
