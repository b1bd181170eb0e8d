"""A month of guessing at very many phones takes over almost nobody (`make guess` plays more)."""

from __future__ import annotations

from bot.policy import SPRAYED_WRONG
from tests.attacks import spraying
from tests.attacks.spraying import Sprayer, at_once, gathered, per_100_000_texts, unnoticed


def test_a_sprayer_at_full_speed_guesses_codes_of_eight_digits() -> None:
    sprayer = Sprayer()
    at_once(sprayer)

    assert sprayer.texts > spraying.TEXTS
    assert per_100_000_texts(sprayer) < spraying.MOST
    assert sprayer.guesses[6] <= 30 * SPRAYED_WRONG


def test_codes_gathered_before_he_is_noticed_are_of_no_use() -> None:
    sprayer = Sprayer()
    gathered(sprayer)

    assert sprayer.guesses[6] <= 30 * SPRAYED_WRONG
    assert per_100_000_texts(sprayer) < spraying.MOST


def test_a_sprayer_whom_nobody_notices_sends_too_few_texts_to_matter() -> None:
    sprayer = Sprayer()
    unnoticed(sprayer)

    assert sprayer.guesses[8] == 0
    assert sprayer.takeovers() < spraying.MOST
