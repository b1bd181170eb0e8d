"""Replies: how often each kind is sent. Their effect on the conversation is elsewhere."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.policy import REPLIES_PER_HOUR
from tests.harness.constants import HOUR_MS, MINUTE_MS, OTHER_NUMBER, PHONE, SECOND_MS
from tests.harness.sent_texts import kinds, wrong_code
from tests.harness.simulation import Simulation
from tests.harness.states import STATES, TEXTS, approved, awaiting, state_of


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


def test_a_phone_gets_at_most_twenty_replies_an_hour_besides_codes_and_their_answers() -> None:
    sim = Simulation()
    answers = [sent for _ in range(25) for sent in sim.text("STATUS")]
    assert len(answers) == 20

    code = sim.start_login()
    assert kinds(sim.text(wrong_code(code))) == ["wrong"]
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


def test_code_alone_is_sent_three_times_for_each_code() -> None:
    scenario = awaiting()
    sim = scenario.sim
    words = f"he said {scenario.right_code}"

    assert [kinds(sim.text(words)) for _ in range(4)] == [["code_alone"]] * 3 + [[]]
    sim.text("RESEND")
    assert kinds(sim.text(words)) == ["code_alone"]


def test_a_hint_does_not_use_up_code_alone() -> None:
    scenario = awaiting()

    assert kinds(scenario.sim.text("good morning")) == ["hint_code_out"]
    assert kinds(scenario.sim.text(f"he said {scenario.right_code}")) == ["code_alone"]


def test_code_alone_names_the_number_of_digits() -> None:
    sim = Simulation(code_length=8)
    code = sim.start_login()

    (answer,) = sim.text(code[:6])

    assert answer.kind == "code_alone"
    assert "8-digit" in answer.text


def test_help_names_the_support_contact() -> None:
    (answer,) = Simulation(support_contact="help@shop.example").text("HELP")

    assert answer.kind == "help_contact"
    assert "help@shop.example" in answer.text


def test_help_is_answered_three_times_an_hour() -> None:
    sim = Simulation()

    assert [kinds(sim.text("HELP")) for _ in range(4)] == [["help"]] * 3 + [[]]
    sim.wait(HOUR_MS)
    assert kinds(sim.text("HELP")) == ["help"]


def test_from_the_eleventh_wrong_code_of_a_day_on_the_answers_count_as_replies() -> None:
    sim = Simulation(max_attempts=100)
    sim.start_login()
    for _ in range(20):
        sim.text("STATUS")

    answers = [kinds(sim.reply_wrong(1)) for _ in range(11)]

    assert answers == [["wrong"]] * 10 + [[]]


def test_already_done_is_sent_again_after_another_approval() -> None:
    scenario = approved()
    sim = scenario.sim
    assert kinds(sim.text(scenario.right_code)) == ["already_done"]
    code = sim.start_login()
    sim.text(code)

    assert kinds(sim.text(code)) == ["already_done"]


def test_each_lock_is_answered_once() -> None:
    sim = Simulation(max_attempts=1)
    for _ in range(2):
        sim.start_login()
        sim.reply_wrong(1)
        assert kinds(sim.text("LOGIN")) == ["locked"]
        assert sim.text("LOGIN") == []
        sim.wait(15 * MINUTE_MS)


def test_the_last_second_of_a_lock_is_told_as_one_minute() -> None:
    sim = Simulation(max_attempts=1)
    sim.start_login()
    sim.reply_wrong(1)
    sim.wait(15 * MINUTE_MS - 1)

    (answer,) = sim.text("LOGIN")

    assert answer.kind == "locked"
    assert " 1 min." in answer.text


@pytest.mark.parametrize(
    ("seconds", "kind", "told"),
    [
        (120, "wait_seconds", " 120 s"),
        (121, "wait_minutes", " 3 min"),
        (90 * 60, "wait_minutes", " 90 min"),
        (90 * 60 + 1, "wait_hours", " 2 h"),
        (3 * 3600, "wait_hours", " 3 h"),
        (3 * 3600 + 1, "wait_tomorrow", "tomorrow"),
    ],
)
def test_a_wait_is_told_in_the_unit_that_fits(seconds: int, kind: str, told: str) -> None:
    sim = Simulation(resend_cooldown_ms=seconds * SECOND_MS)
    sim.start_login()

    (answer,) = sim.text("LOGIN")

    assert answer.kind == kind
    assert told in answer.text


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("state", STATES)
def test_a_text_has_the_same_effect_when_its_reply_is_not_sent(state: str, text: str) -> None:
    silent, answered = STATES[state](), STATES[state]()
    used_up = ",".join([str(silent.sim.now)] * REPLIES_PER_HOUR)
    silent.sim.store.phones[PHONE] = replace(silent.sim.phone(), replies_at=used_up)

    for scenario in (silent, answered):
        scenario.sim.text(TEXTS[text](scenario))

    assert state_of(silent.sim) == state_of(answered.sim)
    assert silent.sim.statuses() == answered.sim.statuses()
    attempts = [one.attempts_left for one in silent.sim.verifications()]
    assert attempts == [one.attempts_left for one in answered.sim.verifications()]
