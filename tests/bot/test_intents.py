"""Texts are read tolerantly; a code counts only without other words."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import understanding
from bot.intents import (
    REF_ALPHABET,
    REF_LENGTH,
    Code,
    Help,
    Login,
    MistypedRef,
    No,
    OwnStop,
    Start,
    Stop,
    Unknown,
)
from bot.understanding import LONGEST_TEXT
from tests.bot.seen_texts import SEEN
from tests.harness.words import understand, vocabulary_of

steady = settings(derandomize=True, deadline=None, max_examples=150)


def test_texts_as_people_write_them_are_understood() -> None:
    read = [(text, intent, understand(text)) for text, intent in SEEN]

    assert [one for one in read if one[1] != one[2]] == []


def test_media_without_text_and_overlong_texts_are_unknown() -> None:
    assert understand(None) == Unknown()
    assert understand("1" * (LONGEST_TEXT + 1)) == Unknown()
    assert understand("LOGIN " + "x" * LONGEST_TEXT) == Unknown()


@pytest.mark.parametrize("first", ["STOP", "START", "HELP"])
def test_stop_start_and_help_count_only_as_the_whole_message(first: str) -> None:
    assert not isinstance(understand(f"{first} the bus"), Stop | Start | Help)


def test_every_single_typo_in_login_is_accepted() -> None:
    target, letters = "LOGIN", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    slips = {target[:at] + target[at + 1 :] for at in range(5)}
    slips |= {target[:at] + letter + target[at:] for at in range(6) for letter in letters}
    slips |= {target[:at] + letter + target[at + 1 :] for at in range(5) for letter in letters}
    slips |= {target[:at] + target[at + 1] + target[at] + target[at + 2 :] for at in range(4)}

    assert {understand(slip) for slip in slips} == {Login()}


@pytest.mark.parametrize("word", ["LOG", "LOGO", "IN", "LOGGING IN", "LIGHT", "NGILO", "BLOGGING"])
def test_two_typos_in_login_are_too_many(word: str) -> None:
    assert not isinstance(understand(word), Login)


@cache
def decimal_digits() -> list[str]:
    """The ten digits of every script that has them."""
    zeros = [
        point
        for point in range(sys.maxunicode + 1)
        if unicodedata.decimal(chr(point), None) == 0
        and all(unicodedata.decimal(chr(point + n), None) == n for n in range(10))
    ]
    return ["".join(chr(zero + n) for n in range(10)) for zero in zeros]


scripts = st.deferred(lambda: st.sampled_from(decimal_digits()))
codes = st.from_regex(r"[0-9]{6,8}", fullmatch=True).filter(str.isascii)
separators = st.sampled_from(["", " ", "-", ".", "  ", " - "])


@steady
@given(st.text(max_size=200))
def test_any_text_has_an_intent_and_always_the_same(text: str) -> None:
    intent = understand(text)

    assert type(intent).__name__.isidentifier()
    assert understand(text) == intent


@steady
@given(codes, separators, scripts, st.sampled_from(["", "my code is ", "Code: "]))
def test_a_code_is_read_with_separators_and_in_digits_of_any_script(
    code: str, separator: str, digits: str, words: str
) -> None:
    written = separator.join(code).translate(str.maketrans("0123456789", digits))

    assert understand(words + written) == Code(code)


def test_more_than_thirty_scripts_have_digits() -> None:
    assert len(decimal_digits()) > 30


words_around = st.lists(
    st.one_of(
        st.sampled_from(["your", "send", "to", "bank", "from", "me", "no", "said"]),
        st.from_regex(r"[a-z]{3,9}", fullmatch=True),
        st.text(st.characters(categories=["Lo"]), min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=5,
)


def is_polite(word: str) -> bool:
    return word.upper() in vocabulary_of().courtesy


@steady
@given(words_around, codes, words_around)
def test_a_code_among_other_words_is_not_a_code(
    before: list[str], code: str, after: list[str]
) -> None:
    if not all(is_polite(word) for word in (*before, *after)):
        assert not isinstance(understand(" ".join((*before, code, *after))), Code)


@steady
@given(st.text(max_size=60), codes)
def test_a_code_has_all_digits_of_its_text_and_no_others(noise: str, code: str) -> None:
    intent = understand(noise + code)

    if isinstance(intent, Code):
        digits = [unicodedata.decimal(one, None) for one in unicodedata.normalize("NFKC", noise)]
        read = "".join(str(digit) for digit in digits if digit is not None)
        assert intent.digits == read + code


def has_no_chat_word(ref: str) -> bool:
    return not any(word in ref for word in vocabulary_of().never_in_a_ref)


@steady
@given(
    st.text(REF_ALPHABET, min_size=REF_LENGTH, max_size=REF_LENGTH).filter(has_no_chat_word),
    st.sampled_from(["LOGIN ", "log in ", "Sign in: ", ""]),
    st.sampled_from(["", " ", "-", " - "]),
    st.booleans(),
)
def test_a_ref_is_read_with_spaces_and_hyphens_and_in_either_case(
    ref: str, login: str, separator: str, lower: bool
) -> None:
    written = separator.join(ref)

    assert understand(login + (written.lower() if lower else written)) == Login(ref)


@pytest.mark.parametrize("text", ["не STOP", "停止 STOP 公交", "не END", "не START"])
def test_a_keyword_among_words_of_another_script_is_not_the_whole_message(text: str) -> None:
    assert not isinstance(understand(text), (Stop, Start))


@pytest.mark.parametrize("text", ["LOGIN pls now", "login thx bro"])
def test_short_words_after_login_are_not_a_ref(text: str) -> None:
    assert understand(text) == Login()


@pytest.mark.parametrize("letters", ["KPLSTQ", "MSGKTQ", "xxthxx", "THNXKT", "kkk ktq", "pls ktq"])
def test_letters_with_a_chat_word_are_not_a_ref(letters: str) -> None:
    assert understand(letters) == Unknown()
    assert understand(f"login {letters}") in (Login(), MistypedRef(), Unknown())


def test_a_ref_is_read_in_spite_of_a_misplaced_space() -> None:
    assert understand("LOGINK TQMWX") == Login("KTQMWX")


@pytest.mark.parametrize("text", ["REVOKE", "ARRET", "482915", "LOGIN", None, "“Liked”"])
def test_what_telnyx_takes_for_a_stop_is_one(text: str | None) -> None:
    assert understand(text, "STOP") == Stop()


def test_what_telnyx_takes_for_a_start_is_one_except_for_a_login() -> None:
    assert understand("YES", "START") == Start()
    assert understand("NO", "START") == Start()
    assert understand("LOGIN", "START") == Login()
    assert understand("KTQMWX", "START") == Login("KTQMWX")


def test_what_telnyx_takes_for_help_is_help() -> None:
    assert understand("AIDE", "HELP") == Help()
    assert understand("LOGIN", "HELP") == Help()


@pytest.mark.parametrize("said", ["", "SOMETHING NEW"])
def test_a_word_of_telnyx_that_is_not_known_changes_nothing(said: str) -> None:
    assert understand("482915", said) == Code("482915")


def test_a_name_with_digits_is_not_part_of_the_code() -> None:
    shop = vocabulary_of("Shop 24")

    assert understanding.understand("Shop 24: 482915", shop) == Code("482915")
    assert understanding.understand("shop 24 482915 thanks", shop) == Code("482915")
    assert understanding.understand("Stop Shop 24", shop) == OwnStop()


@pytest.mark.parametrize("name", ["Login", "Stop", "No", "Help", "Code"])
def test_a_name_that_is_a_word_hides_it_not(name: str) -> None:
    named = vocabulary_of(name)

    assert understanding.understand("login please", named) == Login()
    assert understanding.understand("stop please", named) == OwnStop()
    assert understanding.understand("no thanks", named) == No()
