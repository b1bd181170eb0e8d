"""What no text may do: approve without its code alone, act by a quotation, get a stop answered."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intents import Code, CodeInSentence, Reaction
from bot.vocabulary import CARRIER_STOP
from tests.bot.seen_texts import SEEN
from tests.harness.sent_texts import kinds
from tests.harness.simulation import Simulation
from tests.harness.states import STATES
from tests.harness.words import FILES, understand, word_lists

steady = settings(derandomize=True, deadline=None, max_examples=200)
#: Words that turn a text with a code into something else.
FOREIGN_WORDS = (
    "your",
    "send",
    "bank",
    "said",
    "no",
    "not",
    "wrong",
    "banco",
    "dice",
    "sagt",
    "dit",
)
STOPS = sorted({phrase for one in FILES for phrase in word_lists(one)["stop_own"]})


def digits_of(text: str) -> str:
    digits = (unicodedata.decimal(one, None) for one in text)
    return "".join(str(digit) for digit in digits if digit is not None)


def test_texts_without_the_digits_of_the_code_do_not_approve() -> None:
    others = [text for text, _ in SEEN if "482915" not in digits_of(text)]

    assert [text for text in others if understand(text) == Code("482915")] == []


@steady
@given(st.text(max_size=80))
def test_a_text_with_other_digits_is_another_code_or_none(text: str) -> None:
    intent = understand(text.replace("482915", ""))

    assert intent != Code("482915") or "482915" in digits_of(text)


@steady
@given(
    st.lists(st.sampled_from(FOREIGN_WORDS), min_size=1, max_size=4),
    st.lists(st.sampled_from(FOREIGN_WORDS), max_size=4),
)
def test_a_code_among_other_words_is_never_compared(before: list[str], after: list[str]) -> None:
    assert not isinstance(understand(" ".join((*before, "482915", *after))), Code)


@pytest.mark.parametrize("question", ["482915?", "¿482915", "is it 482915", "é 482915", "482915？"])
def test_a_question_never_approves(question: str) -> None:
    assert understand(question) == CodeInSentence()


@steady
@given(
    st.sampled_from(["Liked {}", "{} 👍", "No le gusta {}", "A aimé {}", "Gefällt: {}", "Amou {}"]),
    st.sampled_from(["“{}”", "« {} »", "„{}“", '"{}"']),
    st.sampled_from(["482915", "NO", "STOP", "LOGIN KTQMWX", "Textlogin: 482915 is your code."]),
)
def test_a_reaction_to_a_text_of_ours_does_nothing(said: str, quoted: str, ours: str) -> None:
    assert understand(said.format(quoted.format(ours))) == Reaction()


@steady
@given(st.text(max_size=30), st.sampled_from(["“{}”", "«{}»", '"{}"']), st.text(max_size=30))
def test_a_quotation_of_a_whole_text_of_ours_does_nothing(
    before: str, quoted: str, after: str
) -> None:
    ours = quoted.format("Textlogin: 482915 is your login code. Not you? Reply NO.")

    assert isinstance(understand(f"{before}{ours}{after}"), Reaction | CodeInSentence)


@pytest.mark.parametrize("state", STATES)
def test_a_carrier_stop_is_never_answered(state: str) -> None:
    for words in CARRIER_STOP:
        sim = STATES[state]().sim
        assert sim.text(words.lower()) == []
        assert sim.is_opted_out()


@pytest.mark.parametrize("state", ["idle", "awaiting", "page", "locked", "approved"])
def test_a_stop_of_any_language_gets_one_confirmation_and_no_other_answer(state: str) -> None:
    sim = STATES[state]().sim
    answers = [answer for words in STOPS for answer in sim.text(words)]

    assert kinds(answers) == ["stopped"]
    assert sim.is_opted_out()


def test_no_seen_text_but_the_code_alone_approves() -> None:
    sim = Simulation()
    code = sim.start_login()
    for text, intent in SEEN:
        words = text.replace("482915", code)
        if not isinstance(intent, Code):
            assert understand(words) != Code(code), words
