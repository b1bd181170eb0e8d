"""How a verification reads at a time: when it and its code expire, to the millisecond."""

from __future__ import annotations

from bot.expiry import as_of, end, has_live_code, is_recent_approval, next_change
from tests.harness.constants import MINUTE_MS, START_MS
from tests.harness.verifications import open_verification

CODE_EXPIRES = START_MS + 5 * MINUTE_MS
EXPIRES = START_MS + 15 * MINUTE_MS


def test_a_verification_that_time_has_not_changed_is_the_same_object() -> None:
    pending = open_verification()
    approved = end(pending, "approved", START_MS)

    assert as_of(pending, CODE_EXPIRES - 1) is pending
    assert as_of(approved, EXPIRES) is approved


def test_a_verification_whose_code_has_expired_is_pending_and_awaits_login() -> None:
    pending = open_verification()

    dead = as_of(pending, CODE_EXPIRES)

    assert (dead.status, dead.awaiting) == ("pending", "login")
    assert has_live_code(pending)
    assert not has_live_code(dead)


def test_an_expired_verification_ended_when_it_expired_and_has_no_seed() -> None:
    pending = open_verification()

    expired = as_of(pending, EXPIRES + MINUTE_MS)

    assert as_of(pending, EXPIRES - 1).status == "pending"
    assert as_of(pending, EXPIRES) == expired
    assert (expired.status, expired.completed_at) == ("expired", EXPIRES)
    assert (expired.awaiting, expired.seed, expired.reason) == (None, None, None)


def test_the_next_change_is_the_end_of_the_code_and_then_of_the_verification() -> None:
    pending = open_verification()

    assert next_change(pending, CODE_EXPIRES - 1) == CODE_EXPIRES
    assert next_change(pending, CODE_EXPIRES) == EXPIRES
    assert next_change(pending, EXPIRES) is None
    assert next_change(end(pending, "denied", START_MS), START_MS) is None


def test_the_next_change_is_the_end_of_the_verification_if_it_comes_first() -> None:
    pending = open_verification(expires_at=CODE_EXPIRES - 1)

    assert next_change(pending, START_MS) == CODE_EXPIRES - 1


def test_an_approval_is_recent_for_ten_minutes() -> None:
    approved = end(open_verification(), "approved", START_MS)
    denied = end(open_verification(), "denied", START_MS)

    assert is_recent_approval(approved, START_MS + 10 * MINUTE_MS - 1)
    assert not is_recent_approval(approved, START_MS + 10 * MINUTE_MS)
    assert not is_recent_approval(denied, START_MS)
