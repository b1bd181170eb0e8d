"""Texts without the digits of the code approve nothing, in every state."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.harness.considered import approved, consider, reached
from tests.harness.states import STATES
from tests.harness.texts import EVERY_KIND, TYPICAL, text
from tests.harness.words import FILES, word_lists

steady = settings(derandomize=True, deadline=None, max_examples=120)
states = st.sampled_from(list(STATES))
#: Digits of several scripts, circled, raised and as emoji.
DIGITS = "0123456789٠١٢٣٤٥٦٧٨٩०१२३४५६७८९０１２３４５６７８９①②③④⑤⑥⑦⑧⑨⁰¹²³⁴⁵⁶⁷⁸⁹"
SEPARATORS = [
    "",
    " ",
    "-",
    "–",
    ".",
    ",",
    "\n",
    "\ufe0f\u20e3",
    "/",
    "\u200b",
    " 🙏 ",
    "%20",
    "“",
    ">",
]
COURTESY = sorted({phrase for one in FILES for phrase in word_lists(one)["courtesy"]})
#: What may stand around a code that approves.
FORMS = [
    "{}",
    "My code is {}.",
    "{} thanks",
    "“{}”",
    "> {}",
    "{0} {0}",
    "Ok: {}\nSent from my iPhone",
]


def digits_of(words: str) -> str:
    """The digits of a text, in whatever script and form."""
    plain = unicodedata.normalize("NFKD", words.replace("%20", " "))
    digits = (unicodedata.digit(one, None) for one in plain)
    return "".join(str(digit) for digit in digits if digit is not None)


def approves(state: str, words: str) -> bool:
    sim = reached(state).sim
    return approved(sim, consider(sim, words)) != []


def has_no_code(state: str, words: str) -> bool:
    return reached(state).right_code not in digits_of(words)


@pytest.mark.parametrize("state", ["awaiting", "awaiting-claimed"])
def test_the_awaited_code_approves_in_the_forms_that_are_tried_here(state: str) -> None:
    code = reached(state).right_code

    assert [form for form in FORMS if not approves(state, form.format(code))] == []


@steady
@given(states, st.text(max_size=60))
def test_no_text_without_the_digits_of_the_code_approves(state: str, words: str) -> None:
    assume(has_no_code(state, words))

    assert not approves(state, words)


@steady
@given(
    states,
    st.lists(st.sampled_from(DIGITS), min_size=4, max_size=12),
    st.lists(st.sampled_from(SEPARATORS), min_size=12, max_size=12),
    st.lists(st.sampled_from(COURTESY), max_size=2),
)
def test_no_other_digits_approve_however_they_are_written(
    state: str, digits: list[str], separators: list[str], courtesy: list[str]
) -> None:
    code = "".join(map("".join, zip(digits, separators, strict=False)))
    words = " ".join((*courtesy, code))
    assume(has_no_code(state, words))

    assert not approves(state, words)


@steady
@given(states, st.integers(0, 5), st.integers(1, 9), st.sampled_from(FORMS), st.booleans())
def test_a_code_with_one_digit_changed_or_missing_does_not_approve(
    state: str, place: int, added: int, form: str, is_missing: bool
) -> None:
    right = reached(state).right_code
    digit = "" if is_missing else str((int(right[place]) + added) % 10)
    words = form.format(right[:place] + digit + right[place + 1 :])
    assume(has_no_code(state, words))

    assert not approves(state, words)


@steady
@given(
    states,
    st.sampled_from(EVERY_KIND),
    st.from_regex(r"[0-9]{4,10}", fullmatch=True),
    st.integers(0, 160),
    st.integers(0, 160),
    st.text(max_size=5),
)
def test_no_part_of_a_text_of_ours_with_other_digits_approves(
    state: str, kind: tuple[str, str], digits: str, start: int, length: int, put: str
) -> None:
    ours = text(*kind, TYPICAL | {"code": digits})
    words = put + ours[start : start + length] + put
    assume(has_no_code(state, words))

    assert not approves(state, words)
