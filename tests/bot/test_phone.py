"""Phone numbers: the canonical form, the region and the masked form."""

from __future__ import annotations

import pytest
from phonenumbers import PhoneMetadata

from bot.phone import canonical, load_all, mask, one_form, region_of, sender
from tests.harness.constants import MINUTE_MS
from tests.harness.sent_texts import kinds
from tests.harness.simulation import Simulation


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
def test_all_spellings_of_a_phone_have_one_canonical_form(typed: str) -> None:
    assert canonical(typed, "US") == "+61293744000"


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("+52 1 55 1234 5678", "US"),
        ("+52 55 1234 5678", "US"),
        ("+5215512345678", "US"),
        ("00 52 1 55 1234 5678", "DE"),
        ("1 55 1234 5678", "MX"),
        ("55 1234 5678", "MX"),
    ],
)
def test_a_mexican_phone_is_one_phone_with_and_without_the_1(typed: str, region: str) -> None:
    assert canonical(typed, region) == "+525512345678"


@pytest.mark.parametrize("reported", ["+5215512345678", "+525512345678"])
def test_a_mexican_sender_is_one_phone_with_and_without_the_1(reported: str) -> None:
    phone = sender(reported)

    assert phone == "+525512345678"
    assert region_of(phone) == "MX"


@pytest.mark.parametrize("phone", ["+12155550123", "+5491123456789", "+521551234567"])
def test_a_1_is_dropped_from_mexican_numbers_only(phone: str) -> None:
    assert one_form(phone) == phone


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
def test_a_phone_without_a_plus_is_read_as_one_of_the_region(
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
def test_invalid_phones_are_refused(typed: str) -> None:
    assert canonical(typed, "US") is None


def test_a_canonical_phone_stays_as_it_is() -> None:
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
def test_a_sender_and_a_typed_phone_have_the_same_canonical_form(reported: str, phone: str) -> None:
    assert sender(reported) == phone


@pytest.mark.parametrize("reported", ["", "12345", "AMAZON", "2025550123", "+0123456789", "+1202x"])
def test_short_codes_and_sender_names_are_not_phones(reported: str) -> None:
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
def test_a_phone_has_the_region_of_its_prefix(phone: str, region: str) -> None:
    assert region_of(phone) == region


def test_allowing_the_united_states_does_not_allow_puerto_rico() -> None:
    sim = Simulation(allowed_regions=frozenset({"US"}))
    assert sim.text("LOGIN", "+17875550123") == []
    assert kinds(sim.text("LOGIN", "+12025550123")) == ["code"]

    everywhere = Simulation(allowed_regions=None)
    assert kinds(everywhere.text("LOGIN", "+17875550123")) == ["code"]


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+14155550123", "+1••••••0123"),
        ("+447400123456", "+44••••••3456"),
        ("+61293744000", "+61•••••4000"),
        ("+35312345678", "+353••••5678"),
    ],
)
def test_a_mask_shows_the_country_code_and_the_last_four_digits(phone: str, shown: str) -> None:
    assert mask(phone) == shown
    assert len(mask(phone)) == len(phone)


def test_all_spellings_of_a_phone_share_its_limits() -> None:
    sim = Simulation(allowed_regions=None)
    first = canonical("+61 0 2 9374 4000", "US")
    second = canonical("02 9374 4000", "AU")
    assert first is not None
    assert second is not None
    sim.start_login(first)
    sim.wait(MINUTE_MS // 2)

    (answer,) = sim.text("LOGIN", second)

    assert answer.kind == "wait_seconds"


def test_load_all_leaves_nothing_to_be_loaded_by_a_number() -> None:
    load_all()
    for loaders in (PhoneMetadata._region_available, PhoneMetadata._country_code_available):
        assert loaders
        assert not any(loaders.values())
