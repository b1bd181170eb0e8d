"""How many codes a phone may ask for, and what it gets beyond that."""

from __future__ import annotations

import pytest

from bot.outcomes import Found, Limited
from tests.harness.constants import MINUTE_MS, PHONE, SECOND_MS
from tests.harness.sent_texts import kinds
from tests.harness.simulation import Simulation


@pytest.mark.parametrize("words", ["LOGIN", "RESEND"])
def test_asking_for_a_code_in_the_cooldown_changes_nothing_and_is_answered_once(words: str) -> None:
    sim = Simulation()
    code = sim.start_login()
    before = sim.verifications()
    sim.wait(20 * SECOND_MS)

    (answer,) = sim.text(words)

    assert answer.kind == "wait_seconds"
    assert " 40 s " in answer.text
    assert sim.text(words) == []
    assert sim.verifications() == before
    assert kinds(sim.text(code)) == ["approved"]


def test_a_ref_in_the_cooldown_claims_nothing_and_ends_nothing() -> None:
    sim = Simulation()
    sim.start_login()
    requested = sim.request()

    (answer,) = sim.text(f"LOGIN {requested.ref}")

    assert answer.kind == "wait_seconds"
    assert sim.verification(requested.id) == requested
    assert sim.statuses() == ["pending"]


def test_a_phone_gets_at_most_three_codes_in_ten_minutes() -> None:
    sim = Simulation()
    for _ in range(3):
        sim.start_login()
        sim.wait(61 * SECOND_MS)

    (answer,) = sim.text("LOGIN")

    assert answer.kind == "wait_minutes"
    assert " 7 min " in answer.text
    sim.wait(7 * MINUTE_MS)
    sim.start_login()


def test_ten_page_requests_leave_the_phone_its_own_logins() -> None:
    sim = Simulation()
    for _ in range(10):
        sim.request("sms", PHONE)
        sim.wait(61 * MINUTE_MS)
    refused = sim.try_request("sms", PHONE)
    assert isinstance(refused, Limited)
    assert refused.limit == "codes_per_day"

    sim.text(sim.start_login())

    assert sim.statuses()[-1] == "approved"


def test_the_phones_own_codes_leave_the_page_its_requests() -> None:
    sim = Simulation()
    for _ in range(3):
        sim.start_login()
        sim.wait(61 * SECOND_MS)
    assert kinds(sim.text("LOGIN")) == ["wait_minutes"]

    assert sim.request("sms", PHONE).status == "pending"


def test_a_page_waits_after_a_code_that_the_phone_asked_for() -> None:
    sim = Simulation()
    requested = sim.request("sms", PHONE)
    sim.wait(61 * SECOND_MS)
    sim.text("RESEND")

    refused = sim.resend(requested.id)

    assert isinstance(refused, Limited)
    assert refused.limit == "resend_cooldown"
    sim.wait(MINUTE_MS)
    assert isinstance(sim.resend(requested.id), Found)


def test_an_approval_ends_the_cooldown() -> None:
    sim = Simulation()
    sim.text(sim.start_login())

    assert kinds(sim.text("LOGIN")) == ["code"]
