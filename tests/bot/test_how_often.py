"""How often a phone is answered, and sent a code."""

from __future__ import annotations

import pytest

from bot.outcomes import Limited
from tests.harness.simulation import (
    HOUR_MS,
    MINUTE_MS,
    PHONE,
    SECOND_MS,
    Simulation,
    wrong,
)


@pytest.mark.parametrize("words", ["LOGIN", "RESEND"])
def test_a_code_in_the_cooldown_changes_nothing_and_says_how_long_once(words: str) -> None:
    sim = Simulation()
    code = sim.login()
    before = sim.of()
    sim.wait(20 * SECOND_MS)

    (answer,) = sim.text(words)

    assert answer.kind == "wait_seconds"
    assert " 40 s " in answer.text
    assert sim.text(words) == []
    assert sim.of() == before
    assert [sent.kind for sent in sim.text(code)] == ["approved"]


def test_letters_in_the_cooldown_claim_nothing_and_end_nothing() -> None:
    sim = Simulation()
    sim.login()
    asked = sim.request()

    (answer,) = sim.text(f"LOGIN {asked.ref}")

    assert answer.kind == "wait_seconds"
    assert sim.verification(asked.id) == asked
    assert [one.status for one in sim.of()] == ["pending"]


def test_each_wait_is_told_anew() -> None:
    sim = Simulation()
    sim.login()
    assert [sent.kind for sent in sim.text("LOGIN")] == ["wait_seconds"]
    sim.wait(61 * SECOND_MS)
    sim.login()

    assert [sent.kind for sent in sim.text("LOGIN")] == ["wait_seconds"]


def test_three_codes_in_ten_minutes_are_all() -> None:
    sim = Simulation()
    for _ in range(3):
        sim.login()
        sim.wait(61 * SECOND_MS)

    (answer,) = sim.text("LOGIN")

    assert answer.kind == "wait_minutes"
    assert " 7 min " in answer.text
    sim.wait(7 * MINUTE_MS)
    sim.login()


def test_codes_are_counted_over_both_doors() -> None:
    sim = Simulation()
    sim.login()
    sim.wait(61 * SECOND_MS)
    sim.request("sms", PHONE)
    sim.wait(61 * SECOND_MS)
    sim.login()
    sim.wait(61 * SECOND_MS)

    refused = sim.ask("sms", PHONE)

    assert isinstance(refused, Limited)
    assert refused.limit == "codes_per_10_min"


def test_an_approval_ends_the_cooldown() -> None:
    sim = Simulation()
    sim.text(sim.login())

    assert [sent.kind for sent in sim.text("LOGIN")] == ["code"]


def test_replies_are_at_most_twenty_an_hour_codes_and_final_words_aside() -> None:
    sim = Simulation()
    answers = [sent for _ in range(25) for sent in sim.text("STATUS")]
    assert len(answers) == 20

    code = sim.login()
    assert [sent.kind for sent in sim.text(wrong(code))] == []
    assert sim.of()[0].attempts_left == 4
    assert [sent.kind for sent in sim.text(code)] == ["approved"]
    sim.wait(HOUR_MS)
    assert [sent.kind for sent in sim.text("STATUS")] == ["status_idle"]


@pytest.mark.parametrize("words", ["RESEND", "NO", "123456"])
def test_nothing_is_waiting_is_said_once_in_ten_minutes(words: str) -> None:
    sim = Simulation()
    assert [sent.kind for sent in sim.text(words)] == ["nothing_waits"]
    sim.wait(10 * MINUTE_MS - 1)
    assert sim.text(words) == []
    sim.wait(1)
    assert [sent.kind for sent in sim.text(words)] == ["nothing_waits"]


@pytest.mark.parametrize("words", ["good morning", None, ""])
def test_one_hint_in_ten_minutes(words: str | None) -> None:
    sim = Simulation()
    assert [sent.kind for sent in sim.text(words)] == ["hint"]
    sim.wait(10 * MINUTE_MS - 1)
    assert sim.text(words) == []
    sim.wait(1)
    assert [sent.kind for sent in sim.text(words)] == ["hint"]
