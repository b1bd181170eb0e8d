"""How long a login stays open, and from which number it is answered."""

from __future__ import annotations

import pytest

from tests.harness.simulation import (
    DAY_MS,
    MINUTE_MS,
    OTHER_NUMBER,
    START,
    World,
    fate,
)


def test_a_code_moves_the_end_of_its_verification_up_to_thirty_minutes() -> None:
    world = World(codes_per_hour=10, codes_per_10_min=10)
    world.login()
    assert world.of()[0].expires_at == START + 15 * MINUTE_MS
    for minutes, end in ((14, 19), (18, 23), (22, 27), (26, 30), (29, 30)):
        world.now = START + minutes * MINUTE_MS
        world.login()
        assert len(world.of()) == 1
        assert world.of()[0].expires_at == START + end * MINUTE_MS
        assert world.of()[0].code_expires_at == START + min(minutes + 5, 30) * MINUTE_MS


def test_a_login_in_the_last_minute_of_the_old_one_is_a_new_one() -> None:
    world = World(codes_per_hour=10, codes_per_10_min=10)
    for minutes in (0, 14, 18, 22, 26):
        world.now = START + minutes * MINUTE_MS
        world.login()
    world.now = START + 29 * MINUTE_MS + 1

    world.login()

    assert [fate(one) for one in world.of()] == ["canceled:superseded", "pending"]
    assert world.of()[1].code_expires_at == world.now + 5 * MINUTE_MS


def test_a_phone_that_let_a_code_die_may_log_in_days_later() -> None:
    world = World()
    world.login()
    world.wait(3 * DAY_MS)

    world.text(world.login())

    assert [one.status for one in world.of()] == ["expired", "approved"]


@pytest.mark.parametrize("words", ["LOGIN", "STATUS", "HELP", "hello", "LOGIN ZZZZZZ", "RESEND"])
def test_an_answer_comes_from_the_number_that_was_texted(words: str) -> None:
    (answer,) = World().text(words, number=OTHER_NUMBER)

    assert answer.number == OTHER_NUMBER
