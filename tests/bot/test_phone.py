"""Numbers: one spelling a phone, its region, and what of it may be shown."""

from __future__ import annotations

import pytest

from bot.phone import canonical, mask, region_of, sender
from tests.harness.simulation import MINUTE_MS, Simulation


@pytest.mark.parametrize(
    "typed",
    [
        "+61 2 9374 4000",
        "+61 0 2 9374 4000",
        "+61 (0)2 9374-4000",
        "+610293744000",
        "+61.2.9374.4000",
    ],
)
def test_all_spellings_of_a_number_are_one_phone(typed: str) -> None:
    assert canonical(typed, "US") == "+61293744000"


@pytest.mark.parametrize(
    ("typed", "region", "phone"),
    [
        ("(202) 555-0123", "US", "+12025550123"),
        ("202.555.0123", "US", "+12025550123"),
        ("1 202 555 0123", "US", "+12025550123"),
        ("+1 202-555-0123", "GB", "+12025550123"),
        ("00 1 202 555 0123", "GB", "+12025550123"),
        ("07400 123456", "GB", "+447400123456"),
        ("02 9374 4000", "AU", "+61293744000"),
        ("＋１２０２５５５０１２３", "US", "+12025550123"),
        ("٢٠٢٥٥٥٠١٢٣", "US", "+12025550123"),
    ],
)
def test_a_number_without_a_plus_is_read_as_from_its_region(
    typed: str, region: str, phone: str
) -> None:
    assert canonical(typed, region) == phone


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "+", "hello", "911", "12345", "+1 202 555 01", "+1 202 555 0123 4567"),
        *("+1 202 555 0123 ext. 5", "+1 202 555 0123 x5", "+1 202 555 0123;ext=5"),
        *("+999 123 456 789", "+12025550123" + " " * 60, "+1 002 555 0123", "\x00"),
    ],
)
def test_what_is_no_phone_is_refused(typed: str) -> None:
    assert canonical(typed, "US") is None


def test_a_canonical_number_is_its_own_spelling() -> None:
    for phone in ("+12025550123", "+61293744000", "+447400123456", "+390612345678"):
        assert canonical(phone, "US") == phone
        assert sender(phone) == phone


@pytest.mark.parametrize(
    ("reported", "phone"),
    [
        ("+12025550123", "+12025550123"),
        ("+610293744000", "+61293744000"),
        ("+447400123456", "+447400123456"),
    ],
)
def test_a_sender_has_the_spelling_of_whoever_types_the_number(reported: str, phone: str) -> None:
    assert sender(reported) == phone


@pytest.mark.parametrize("reported", ["", "12345", "AMAZON", "2025550123", "+0123456789", "+1202x"])
def test_short_codes_and_words_are_no_senders(reported: str) -> None:
    assert sender(reported) is None


@pytest.mark.parametrize(
    ("phone", "region"),
    [
        ("+12025550123", "US"),
        ("+14165550123", "CA"),
        ("+17875550123", "PR"),
        ("+19395550123", "PR"),
        ("+18765550123", "JM"),
        ("+447400123456", "GB"),
        ("+61293744000", "AU"),
        ("+390612345678", "IT"),
    ],
)
def test_a_number_has_the_region_that_bills_it(phone: str, region: str) -> None:
    assert region_of(phone) == region


def test_puerto_rico_is_not_the_united_states() -> None:
    sim = Simulation(allowed_regions=frozenset({"US"}))
    assert sim.text("LOGIN", "+17875550123") == []
    assert [sent.kind for sent in sim.text("LOGIN", "+12025550123")] == ["code"]

    everywhere = Simulation(allowed_regions=None)
    assert [sent.kind for sent in everywhere.text("LOGIN", "+17875550123")] == ["code"]


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+14155550123", "+1••••••0123"),
        ("+447400123456", "+44••••••3456"),
        ("+61293744000", "+61•••••4000"),
        ("+35312345678", "+353••••5678"),
    ],
)
def test_a_mask_shows_the_country_and_four_digits(phone: str, shown: str) -> None:
    assert mask(phone) == shown
    assert len(mask(phone)) == len(phone)


def test_two_spellings_share_one_phones_limits() -> None:
    sim = Simulation(allowed_regions=None)
    first = canonical("+61 0 2 9374 4000", "US")
    second = canonical("02 9374 4000", "AU")
    assert first is not None
    assert second is not None
    sim.login(first)
    sim.wait(MINUTE_MS // 2)

    (answer,) = sim.text("LOGIN", second)

    assert answer.kind == "wait_seconds"
