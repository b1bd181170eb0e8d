"""How long a login stays open, and from which number it is answered."""

from __future__ import annotations

import pytest

from tests.harness.simulation import (
    DAY_MS,
    MINUTE_MS,
    OTHER_NUMBER,
    START,
    Simulation,
    fate,
)


def test_a_code_moves_the_end_of_its_verification_up_to_thirty_minutes() -> None:
    sim = Simulation(codes_per_hour=10, codes_per_10_min=10)
    sim.login()
    assert sim.of()[0].expires_at == START + 15 * MINUTE_MS
    for minutes, end in ((14, 19), (18, 23), (22, 27), (26, 30), (29, 30)):
        sim.now = START + minutes * MINUTE_MS
        sim.login()
        assert len(sim.of()) == 1
        assert sim.of()[0].expires_at == START + end * MINUTE_MS
        assert sim.of()[0].code_expires_at == START + min(minutes + 5, 30) * MINUTE_MS


def test_a_login_in_the_last_minute_of_the_old_one_is_a_new_one() -> None:
    sim = Simulation(codes_per_hour=10, codes_per_10_min=10)
    for minutes in (0, 14, 18, 22, 26):
        sim.now = START + minutes * MINUTE_MS
        sim.login()
    sim.now = START + 29 * MINUTE_MS + 1

    sim.login()

    assert [fate(one) for one in sim.of()] == ["canceled:superseded", "pending"]
    assert sim.of()[1].code_expires_at == sim.now + 5 * MINUTE_MS


def test_a_phone_that_let_a_code_die_may_log_in_days_later() -> None:
    sim = Simulation()
    sim.login()
    sim.wait(3 * DAY_MS)

    sim.text(sim.login())

    assert [one.status for one in sim.of()] == ["expired", "approved"]


@pytest.mark.parametrize("words", ["LOGIN", "STATUS", "HELP", "hello", "LOGIN ZZZZZZ", "RESEND"])
def test_an_answer_comes_from_the_number_that_was_texted(words: str) -> None:
    (answer,) = Simulation().text(words, number=OTHER_NUMBER)

    assert answer.number == OTHER_NUMBER
