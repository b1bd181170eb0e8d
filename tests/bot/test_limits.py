"""The limits as functions of one row: sliding windows, the longest refusal, the lock."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import limits
from bot.limits import Refusal
from bot.records import DAY_MS, HOUR_MS, MINUTE_MS, Phone
from tests.harness.constants import PHONE, SECOND_MS, START_MS
from tests.harness.policy import policy

steady = settings(derandomize=True, deadline=None, max_examples=100)
NOW = START_MS


def test_a_window_holds_the_times_after_its_beginning() -> None:
    assert limits.times("", 0) == []
    assert limits.times("100,200,300", 200) == [300]
    assert limits.add("", 5, 10) == "5"
    assert limits.add("1,5,9", 11, 10) == "5,9,11"


def test_a_new_phone_may_be_sent_a_code() -> None:
    assert limits.may_send_code(Phone(PHONE), "text", NOW, policy()) is None


def test_the_cooldown_refuses_until_it_is_over() -> None:
    phone = limits.count_code(Phone(PHONE), "text", NOW, policy())

    refused = limits.may_send_code(phone, "text", NOW + 59_999, policy())

    assert refused == Refusal("resend_cooldown", NOW + 60_000)
    assert limits.may_send_code(phone, "text", NOW + 60_000, policy()) is None


@pytest.mark.parametrize(
    ("limit", "codes", "apart", "length"),
    [
        ("codes_per_10_min", 3, 61 * SECOND_MS, 10 * MINUTE_MS),
        ("codes_per_hour", 5, 6 * MINUTE_MS, HOUR_MS),
        ("codes_per_day", 10, 61 * MINUTE_MS, DAY_MS),
    ],
)
def test_a_window_refuses_until_its_oldest_code_leaves_it(
    limit: str, codes: int, apart: int, length: int
) -> None:
    phone, rules = Phone(PHONE), policy()
    for nth in range(codes):
        assert limits.may_send_code(phone, "text", NOW + nth * apart, rules) is None
        phone = limits.count_code(phone, "text", NOW + nth * apart, rules)

    now = NOW + codes * apart

    assert limits.may_send_code(phone, "text", now, rules) == Refusal(limit, NOW + length)
    assert limits.may_send_code(phone, "text", NOW + length, rules) is None


def test_the_refusal_that_lasts_longest_is_returned() -> None:
    rules = policy(codes_per_10_min=1, codes_per_hour=1)
    phone = limits.count_code(Phone(PHONE), "text", NOW, rules)

    assert limits.may_send_code(phone, "text", NOW, rules) == Refusal(
        "codes_per_hour", NOW + HOUR_MS
    )


@steady
@given(st.lists(st.integers(1, 2 * HOUR_MS), min_size=1, max_size=60))
def test_no_pattern_of_requests_gets_more_codes_than_the_limits_allow(waits: list[int]) -> None:
    phone, rules, now = Phone(PHONE), policy(), NOW
    sent: list[int] = []
    for wait in waits:
        now += wait
        refusal = limits.may_send_code(phone, "text", now, rules)
        if refusal is None:
            phone = limits.count_code(phone, "text", now, rules)
            sent.append(now)
        else:
            assert refusal.until > now

    for _, length, size in rules.windows():
        assert all(sum(at - length < one <= at for one in sent) <= size for at in sent)
    assert all(later - earlier >= rules.resend_cooldown_ms for earlier, later in pairwise(sent))


@steady
@given(st.lists(st.integers(1, 2 * HOUR_MS), min_size=1, max_size=60))
def test_a_refused_phone_may_be_sent_a_code_once_the_refusal_ends(waits: list[int]) -> None:
    phone, rules, now = Phone(PHONE), policy(), NOW
    for wait in waits:
        now += wait
        refusal = limits.may_send_code(phone, "text", now, rules)
        if refusal is not None:
            now = refusal.until
            assert limits.may_send_code(phone, "text", now, rules) is None
        phone = limits.count_code(phone, "text", now, rules)


def test_five_wrong_codes_by_text_lock_the_phone() -> None:
    phone, rules = Phone(PHONE), policy()
    for nth in range(5):
        assert phone.locked_until == 0
        phone = limits.count_wrong_text(phone, NOW + nth, rules)

    assert phone.locked_until == NOW + 4 + rules.lockout_ms
    assert phone.wrong_texts_at == ""  # the next lock needs five again


def test_wrong_codes_by_text_far_apart_do_not_lock() -> None:
    phone, rules = Phone(PHONE), policy()
    for nth in range(20):
        phone = limits.count_wrong_text(phone, NOW + nth * 4 * MINUTE_MS, rules)

    assert phone.locked_until == 0


def test_wrong_codes_typed_on_the_page_do_not_lock() -> None:
    phone = Phone(PHONE)
    for nth in range(100):
        phone = limits.count_wrong(phone, NOW + nth)

    assert phone.locked_until == 0
    assert phone.wrong_texts_at == ""


def test_codes_have_eight_digits_once_the_days_wrong_codes_are_used_up() -> None:
    phone, rules = Phone(PHONE), policy()
    for nth in range(24):
        assert limits.code_digits(phone, NOW + nth, rules) == 6
        phone = limits.count_wrong(phone, NOW + nth)

    assert limits.is_suspicious(phone, NOW + HOUR_MS, rules)
    assert limits.code_digits(phone, NOW + HOUR_MS, rules) == 8
    assert limits.code_digits(phone, NOW + DAY_MS, rules) == 6


def test_what_one_door_asks_for_uses_up_nothing_of_the_other() -> None:
    phone, rules = Phone(PHONE), policy()
    for nth in range(10):
        at = NOW + nth * 61 * MINUTE_MS
        phone = limits.count_code(phone, "page", at, rules)
    now = NOW + 9 * 61 * MINUTE_MS

    assert limits.may_send_code(phone, "page", now, rules) is not None
    assert limits.may_send_code(phone, "text", now, rules) is None
    texted = limits.count_code(Phone(PHONE), "text", now, rules)
    assert limits.may_send_code(texted, "page", now, rules) is None


def test_refs_are_blocked_after_five_misses_until_the_oldest_is_an_hour_old() -> None:
    phone = Phone(PHONE)
    for nth in range(5):
        assert limits.refs_blocked_until(phone, NOW + nth) is None
        phone = limits.count_ref_miss(phone, NOW + nth)

    assert limits.refs_blocked_until(phone, NOW + HOUR_MS - 1) == NOW + HOUR_MS
    assert limits.refs_blocked_until(phone, NOW + HOUR_MS) is None


def test_a_phone_gets_at_most_twenty_replies_an_hour_and_forty_a_day() -> None:
    phone = Phone(PHONE)
    for hour in range(2):
        for nth in range(20):
            counted = limits.count_reply(phone, NOW + hour * HOUR_MS + nth)
            assert counted is not None
            phone = counted
        assert limits.count_reply(phone, NOW + (hour + 1) * HOUR_MS - 1) is None

    assert limits.count_reply(phone, NOW + DAY_MS - 1) is None
    assert limits.count_reply(phone, NOW + DAY_MS) is not None


def test_help_is_answered_three_times_an_hour() -> None:
    phone = Phone(PHONE)
    for nth in range(3):
        counted = limits.count_help(phone, NOW + nth)
        assert counted is not None
        phone = counted

    assert limits.count_help(phone, NOW + HOUR_MS - 1) is None
    assert limits.count_help(phone, NOW + HOUR_MS) is not None


@steady
@given(st.lists(st.integers(1, HOUR_MS), max_size=300))
def test_a_phones_windows_stay_short(waits: list[int]) -> None:
    phone, rules, now = Phone(PHONE), policy(), NOW
    for wait in waits:
        now += wait
        phone = limits.count_reply(phone, now) or phone
        phone = limits.count_ref_miss(phone, now)
        if limits.may_send_code(phone, "text", now, rules) is None:
            phone = limits.count_code(phone, "text", now, rules)
        phone = limits.count_wrong_text(phone, now, rules)

    assert len(limits.times(phone.codes_at, 0)) <= 10
    assert len(limits.times(phone.replies_at, 0)) <= 40
    assert len(limits.times(phone.wrong_texts_at, 0)) < 5
    assert all(at > now - HOUR_MS for at in limits.times(phone.ref_misses_at, 0))
