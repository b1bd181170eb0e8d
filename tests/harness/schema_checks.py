"""The schema's checks, for stores without one."""

from __future__ import annotations

from collections.abc import Iterable

from bot.records import Verification


def check_awaited(every: Iterable[Verification], phone: str | None) -> None:
    """At most one verification of a phone awaits a reply."""
    awaited = [
        one.id
        for one in every
        if one.phone == phone and one.awaiting == "code" and one.code_entry == "reply"
    ]
    assert phone is None or len(awaited) <= 1, "one phone awaits two replies"


def check_row(verification: Verification) -> None:
    """The checks of one row."""
    assert (verification.status == "pending") == (verification.completed_at is None)
    assert verification.status == "pending" or verification.seed is None
    assert verification.attempts_left >= 0
    assert verification.redeemed_at is None or verification.status in ("approved", "denied")
