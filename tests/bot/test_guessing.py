"""How likely it is that somebody guesses a code of one phone in 24 hours."""

from __future__ import annotations

import random

import pytest

from tests.attacks.chances import MOST, by_digits, probability, simulated, sum_of_chances
from tests.attacks.guessing import (
    STRATEGIES,
    Strategy,
    at_both_with_replies,
    at_random,
    carry_out,
    five_by_text,
    gathered,
)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda one: str(one.__name__))
def test_no_strategy_exceeds_the_chance_of_a_day(strategy: Strategy) -> None:
    guesser = carry_out(strategy)

    assert by_digits(guesser)[6] == 24
    assert 0 < sum_of_chances(guesser) <= MOST


def test_no_random_strategy_exceeds_the_chance_of_a_day() -> None:
    chance = random.Random(1)  # noqa: S311 -- repeatable, guards nothing

    for _ in range(5):
        guesser = carry_out(at_random(chance))
        assert by_digits(guesser)[6] <= 24
        assert sum_of_chances(guesser) <= MOST


def test_the_worst_days_are_as_the_contract_says() -> None:
    assert by_digits(carry_out(at_both_with_replies)) == {6: 24, 8: 75}
    assert by_digits(carry_out(gathered)) == {6: 24, 8: 100}
    assert probability(carry_out(gathered)) < 2.504e-5


def test_the_probability_is_the_share_of_simulated_attackers_who_guess_a_code() -> None:
    share, expected = simulated(five_by_text, attackers=150, digits=1)

    assert expected == pytest.approx(0.5, abs=0.01)
    assert share == pytest.approx(expected, abs=0.12)  # three standard deviations
