"""Kinds of numbers that get no codes: a text to them is expensive, or belongs to a fraud."""

from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import PhoneNumberType

from bot.events import RequestFailed, TextIgnored
from bot.outcomes import Found
from bot.phone import region_and_kind
from tests.harness.constants import PHONE
from tests.harness.simulation import Simulation
from tests.harness.verifications import status_and_reason

PREMIUM = "+19005550123"
REFUSED = {
    "premium": PREMIUM,
    "premium by its area code": "+19762345678",
    "premium by its exchange": "+12129762345",
    "premium, British": "+449012345678",
    "premium, French": "+33891234567",
    "premium of no country": "+979123456789",
    "shared cost": "+448431234567",
    "shared cost of no country": "+80812345678",
    "VoIP": "+445612345678",
    "VoIP, Canadian": "+16002345678",
    "VoIP of no country": "+878101234567890",
    "pager": "+447640123456",
    "satellite": "+881612345678",
    "satellite, Inmarsat": "+870773123456",
    "networks of no country": "+88213123456",
}
REFUSED_KINDS = {
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.VOIP,
    PhoneNumberType.PAGER,
}
EXCHANGES = range(200, 1000)
ALLOWED = ["+12025550123", "+14155550100", "+447400123456", "+491701234567", "+61412345678"]


def test_numbers_of_these_kinds_get_no_codes() -> None:
    assert [kind for kind, phone in REFUSED.items() if not region_and_kind(phone)[1]] == []
    assert [phone for phone in ALLOWED if region_and_kind(phone)[1]] == []


def test_every_number_of_plus_1_has_the_kind_that_libphonenumber_gives_it() -> None:
    areas = sorted({int(phone[2:5]) for phone in REFUSED.values() if phone.startswith("+1")})
    for prefix in (
        f"{area}{exchange}" for area in (*areas, 268, 264, 649) for exchange in EXCHANGES
    ):
        for last in ("0000", "9999"):
            phone = f"+1{prefix}{last}"
            kind = phonenumbers.number_type(phonenumbers.parse(phone))
            is_refused = kind in REFUSED_KINDS or "976" in (prefix[:3], prefix[3:])
            assert region_and_kind(phone)[1] == is_refused, phone


@pytest.mark.parametrize("phone", REFUSED.values(), ids=list(REFUSED))
def test_a_request_for_such_a_number_fails_at_once_and_sends_nothing(phone: str) -> None:
    sim = Simulation(allowed_regions=None)
    (decision,) = sim.decide(sim.request_command("sms", phone))
    sim.apply(decision)

    assert isinstance(decision.outcome, Found)
    failed = decision.outcome.verification
    assert status_and_reason(failed) == "failed:number_not_allowed"
    assert decision.events == (RequestFailed(failed.id, phone, "number_not_allowed"),)
    assert sim.sent == []


@pytest.mark.parametrize("phone", REFUSED.values(), ids=list(REFUSED))
def test_a_text_from_such_a_number_is_recorded_and_gets_no_answer(phone: str) -> None:
    sim = Simulation(allowed_regions=None)
    command = sim.text_command("LOGIN", phone)
    (decision,) = sim.decide(command)
    sim.apply(decision)

    assert decision.events == (TextIgnored(phone, "number_not_allowed"),)
    assert (sim.sent, sim.verifications(phone)) == ([], [])
    assert sim.phone(phone).texts != ""


def test_a_request_that_such_a_number_would_claim_fails() -> None:
    sim = Simulation()
    requested = sim.request()

    assert sim.text(f"LOGIN {requested.ref}", PREMIUM) == []

    assert status_and_reason(sim.verification(requested.id)) == "failed:number_not_allowed"


def test_stop_and_start_of_such_a_number_count() -> None:
    sim = Simulation()
    sim.text("STOP", PREMIUM)
    assert sim.is_opted_out(PREMIUM)
    sim.text("START", PREMIUM)
    assert not sim.is_opted_out(PREMIUM)


def test_other_phones_are_not_affected() -> None:
    sim = Simulation()
    sim.try_request("sms", PREMIUM)

    assert sim.complete_login(PHONE).status == "approved"
