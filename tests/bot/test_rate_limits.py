"""How many codes a phone may ask for, and what it gets beyond that."""

from __future__ import annotations

import pytest

from bot.outcomes import Limited
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


def test_codes_by_text_and_for_the_page_are_counted_together() -> None:
    sim = Simulation()
    sim.start_login()
    sim.wait(61 * SECOND_MS)
    sim.request("sms", PHONE)
    sim.wait(61 * SECOND_MS)
    sim.start_login()
    sim.wait(61 * SECOND_MS)

    refused = sim.try_request("sms", PHONE)

    assert isinstance(refused, Limited)
    assert refused.limit == "codes_per_10_min"


def test_an_approval_ends_the_cooldown() -> None:
    sim = Simulation()
    sim.text(sim.start_login())

    assert kinds(sim.text("LOGIN")) == ["code"]
