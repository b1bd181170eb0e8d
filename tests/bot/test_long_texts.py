"""The longest texts are read in time that grows with their length only."""

from __future__ import annotations

import sys
import time

import pytest

from bot.understanding import LONGEST_TEXT
from tests.harness.words import understand

#: CPU seconds, some twenty times what the slowest of these takes. Backtracking takes far more.
MOST_S = 0.05
PIECES = [
    *("1", "1 ", "1,,, ", "no ", "hi ", "ok ", "ok 1 ", "login ", '"', '" a', "liked ", "a1"),
    *(
        "sent from my iphone ",
        "\nsent from ",
        "\n",
        "\n - ",
        "ktq ",
        "k ",
        "👍",
        "z",
        "stop please ",
    ),
    *(
        "\u200a",
        "\u200ax\u200b",
        "ﷺ",
        "字",
        "!?.",
        "%20",
        "482915 ",
        "good morning thank you ",
        "é",
    ),
    *("z ", "“", "don't text me again ", "no me llega el código ", "1-", "%2", "\u200d", "\u0301"),
    *(
        "Textlogin ",
        "Textlogin: 1 ",
        "my code is ",
        "kt qmw x ",
        "logn ",
        "a1 ",
        "🇺🇸 ",
        "👍a ",
        "не ",
    ),
]
#: Calls of functions; a step for each character would take more.
MOST_STEPS = 1_000


@pytest.mark.parametrize("piece", PIECES, ids=ascii)
def test_a_text_of_the_greatest_length_is_read_at_once(piece: str) -> None:
    text = (piece * LONGEST_TEXT)[:LONGEST_TEXT]
    taken = []
    for _ in range(3):
        before = time.process_time()
        understand(text)
        taken.append(time.process_time() - before)

    assert min(taken) < MOST_S


def steps(text: str) -> int:
    """How many functions are called to read the text."""
    count = 0

    def called(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        understand(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("piece", PIECES, ids=ascii)
def test_a_text_of_the_greatest_length_is_read_in_few_steps(piece: str) -> None:
    text = (piece * LONGEST_TEXT)[:LONGEST_TEXT]
    understand(text)  # each character is folded once

    assert steps(text) < MOST_STEPS
