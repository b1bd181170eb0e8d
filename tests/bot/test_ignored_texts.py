"""Texts without an answer: late ones, other regions, what Telnyx answers itself."""

from __future__ import annotations

import pytest

from bot.events import TextIgnored
from tests.harness.constants import BRITISH_PHONE, DAY_MS, MINUTE_MS, PHONE
from tests.harness.sent_texts import kinds
from tests.harness.simulation import Simulation
from tests.harness.states import awaiting
from tests.harness.verifications import status_and_reason


@pytest.mark.parametrize("words", ["LOGIN", "NO", "RESEND", "hello", "STATUS"])
def test_a_text_delayed_for_longer_than_a_code_lives_is_ignored(words: str) -> None:
    scenario = awaiting()
    sim = scenario.sim
    before = sim.verifications()

    assert sim.text(words, received_at=sim.now - 5 * MINUTE_MS - 1) == []
    assert sim.text(scenario.right_code, received_at=sim.now - 5 * MINUTE_MS - 1) == []
    assert sim.verifications() == before


def test_a_late_text_is_reported_so_that_the_log_says_why_it_got_no_answer() -> None:
    sim = Simulation()
    late = sim.text_command("LOGIN", received_at=sim.now - 5 * MINUTE_MS - 1)

    (decision,) = sim.decide(late)

    assert decision.events == (TextIgnored(PHONE, "late"),)


def test_stop_and_start_count_however_late_they_arrive() -> None:
    sim = Simulation()
    sim.text("STOP", received_at=sim.now - DAY_MS)
    assert sim.is_opted_out()
    sim.text("START", received_at=sim.now - DAY_MS)
    assert not sim.is_opted_out()


def test_a_text_from_a_region_that_is_not_allowed_has_no_answer_and_no_effect_but_stop() -> None:
    sim, phone = Simulation(), BRITISH_PHONE

    for words in ("LOGIN", "HELP", "hello", "123456", "NO"):
        assert sim.text(words, phone) == []

    assert sim.verifications(phone) == []
    sim.text("STOP", phone)
    assert sim.is_opted_out(phone)


def test_a_request_whose_ref_comes_from_a_region_that_is_not_allowed_fails() -> None:
    sim = Simulation()
    requested = sim.request()

    assert sim.text(f"LOGIN {requested.ref}", BRITISH_PHONE) == []

    assert status_and_reason(sim.verification(requested.id)) == "failed:region_not_allowed"


def test_help_that_telnyx_has_answered_is_not_answered_again() -> None:
    sim = Simulation()

    assert sim.text("HELP", autoresponse="HELP") == []
    assert kinds(sim.text("HELP")) == ["help"]


def test_a_text_delayed_for_exactly_as_long_as_a_code_lives_is_answered() -> None:
    sim = Simulation()

    assert kinds(sim.text("STATUS", received_at=sim.now - 5 * MINUTE_MS)) == ["status_idle"]
