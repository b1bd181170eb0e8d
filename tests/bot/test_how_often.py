"""How often a phone is answered, and sent a code."""

from __future__ import annotations

import pytest

from bot.outcomes import Limited
from tests.harness.simulation import (
    HOUR_MS,
    MINUTE_MS,
    PHONE,
    SECOND_MS,
    World,
    wrong,
)


@pytest.mark.parametrize("words", ["LOGIN", "RESEND"])
def test_a_code_in_the_cooldown_changes_nothing_and_says_how_long_once(words: str) -> None:
    world = World()
    code = world.login()
    before = world.of()
    world.wait(20 * SECOND_MS)

    (answer,) = world.text(words)

    assert answer.kind == "wait_seconds"
    assert " 40 s " in answer.text
    assert world.text(words) == []
    assert world.of() == before
    assert [sent.kind for sent in world.text(code)] == ["approved"]


def test_letters_in_the_cooldown_claim_nothing_and_end_nothing() -> None:
    world = World()
    world.login()
    asked = world.request()

    (answer,) = world.text(f"LOGIN {asked.ref}")

    assert answer.kind == "wait_seconds"
    assert world.verification(asked.id) == asked
    assert [one.status for one in world.of()] == ["pending"]


def test_each_wait_is_told_anew() -> None:
    world = World()
    world.login()
    assert [sent.kind for sent in world.text("LOGIN")] == ["wait_seconds"]
    world.wait(61 * SECOND_MS)
    world.login()

    assert [sent.kind for sent in world.text("LOGIN")] == ["wait_seconds"]


def test_three_codes_in_ten_minutes_are_all() -> None:
    world = World()
    for _ in range(3):
        world.login()
        world.wait(61 * SECOND_MS)

    (answer,) = world.text("LOGIN")

    assert answer.kind == "wait_minutes"
    assert " 7 min " in answer.text
    world.wait(7 * MINUTE_MS)
    world.login()


def test_codes_are_counted_over_both_doors() -> None:
    world = World()
    world.login()
    world.wait(61 * SECOND_MS)
    world.request("sms", PHONE)
    world.wait(61 * SECOND_MS)
    world.login()
    world.wait(61 * SECOND_MS)

    refused = world.ask("sms", PHONE)

    assert isinstance(refused, Limited)
    assert refused.limit == "codes_per_10_min"


def test_an_approval_ends_the_cooldown() -> None:
    world = World()
    world.text(world.login())

    assert [sent.kind for sent in world.text("LOGIN")] == ["code"]


def test_replies_are_at_most_twenty_an_hour_codes_and_final_words_aside() -> None:
    world = World()
    answers = [sent for _ in range(25) for sent in world.text("STATUS")]
    assert len(answers) == 20

    code = world.login()
    assert [sent.kind for sent in world.text(wrong(code))] == []
    assert world.of()[0].attempts_left == 4
    assert [sent.kind for sent in world.text(code)] == ["approved"]
    world.wait(HOUR_MS)
    assert [sent.kind for sent in world.text("STATUS")] == ["status_idle"]


@pytest.mark.parametrize("words", ["RESEND", "NO", "123456"])
def test_nothing_is_waiting_is_said_once_in_ten_minutes(words: str) -> None:
    world = World()
    assert [sent.kind for sent in world.text(words)] == ["nothing_waits"]
    world.wait(10 * MINUTE_MS - 1)
    assert world.text(words) == []
    world.wait(1)
    assert [sent.kind for sent in world.text(words)] == ["nothing_waits"]


@pytest.mark.parametrize("words", ["good morning", None, ""])
def test_one_hint_in_ten_minutes(words: str | None) -> None:
    world = World()
    assert [sent.kind for sent in world.text(words)] == ["hint"]
    world.wait(10 * MINUTE_MS - 1)
    assert world.text(words) == []
    world.wait(1)
    assert [sent.kind for sent in world.text(words)] == ["hint"]
