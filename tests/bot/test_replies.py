"""Replies: how often each kind is sent. Their effect on the conversation is elsewhere."""

from __future__ import annotations

import pytest

from tests.harness.constants import HOUR_MS, MINUTE_MS, OTHER_NUMBER, SECOND_MS
from tests.harness.sent_texts import kinds, wrong_code
from tests.harness.simulation import Simulation
from tests.harness.states import approved


@pytest.mark.parametrize("words", ["LOGIN", "STATUS", "HELP", "hello", "LOGIN ZZZZZZ", "RESEND"])
def test_an_answer_comes_from_the_number_that_was_texted(words: str) -> None:
    (answer,) = Simulation().text(words, number=OTHER_NUMBER)

    assert answer.number == OTHER_NUMBER


def test_each_new_wait_is_answered() -> None:
    sim = Simulation()
    sim.start_login()
    assert kinds(sim.text("LOGIN")) == ["wait_seconds"]
    sim.wait(61 * SECOND_MS)
    sim.start_login()

    assert kinds(sim.text("LOGIN")) == ["wait_seconds"]


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


def test_already_done_is_sent_once_per_approval() -> None:
    scenario = approved()

    answers = [answer.kind for _ in range(3) for answer in scenario.sim.text(scenario.right_code)]

    assert answers == ["already_done"]
