"""How often a phone is answered, and sent a code."""

from __future__ import annotations

import pytest

from bot.outcomes import Limited
from tests.harness.constants import HOUR_MS, MINUTE_MS, PHONE, SECOND_MS
from tests.harness.sent_texts import kinds, wrong_code
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


def test_each_new_wait_is_answered() -> None:
    sim = Simulation()
    sim.start_login()
    assert kinds(sim.text("LOGIN")) == ["wait_seconds"]
    sim.wait(61 * SECOND_MS)
    sim.start_login()

    assert kinds(sim.text("LOGIN")) == ["wait_seconds"]


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


def test_a_phone_gets_at_most_twenty_replies_an_hour_without_codes_and_conclusions() -> None:
    sim = Simulation()
    answers = [sent for _ in range(25) for sent in sim.text("STATUS")]
    assert len(answers) == 20

    code = sim.start_login()
    assert kinds(sim.text(wrong_code(code))) == []
    assert sim.verifications()[0].attempts_left == 4
    assert kinds(sim.text(code)) == ["approved"]
    sim.wait(HOUR_MS)
    assert kinds(sim.text("STATUS")) == ["status_idle"]


@pytest.mark.parametrize("words", ["RESEND", "NO", "123456"])
def test_nothing_waits_is_sent_once_in_ten_minutes(words: str) -> None:
    sim = Simulation()
    assert kinds(sim.text(words)) == ["nothing_waits"]
    sim.wait(10 * MINUTE_MS - 1)
    assert sim.text(words) == []
    sim.wait(1)
    assert kinds(sim.text(words)) == ["nothing_waits"]


@pytest.mark.parametrize("words", ["good morning", None, ""])
def test_a_hint_is_sent_once_in_ten_minutes(words: str | None) -> None:
    sim = Simulation()
    assert kinds(sim.text(words)) == ["hint"]
    sim.wait(10 * MINUTE_MS - 1)
    assert sim.text(words) == []
    sim.wait(1)
    assert kinds(sim.text(words)) == ["hint"]
