"""Texts are read tolerantly; a code counts only without other words."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intents import (
    LONGEST_TEXT,
    REF_ALPHABET,
    REF_LENGTH,
    Code,
    CodeInSentence,
    Help,
    Intent,
    Login,
    MistypedRef,
    No,
    Resend,
    Start,
    Status,
    Stop,
    Unknown,
    understand,
)

steady = settings(derandomize=True, deadline=None, max_examples=150)

REF = "KTQMWX"
SPELLINGS: dict[Intent, list[str]] = {
    Stop(): [
        *("STOP", "stop", " Stop. ", "STOPALL", "STOP ALL", "stop-all", "UNSUBSCRIBE", "Cancel"),
        *("END", "end!", "QUIT", "ＳＴＯＰ", "stop\n"),
    ],
    Start(): ["START", "start", "UNSTOP", "Unstop."],
    Help(): ["HELP", "help", "Help?", " help "],
    No(): [
        *("NO", "no", "No.", "NO!", "no thanks", "No, that was not me", "NOT ME", "not me!"),
        *("no 123456", "NO LOGIN", "No stop", "n\u200bo"),
    ],
    Code("123456"): [
        *("123456", " 123456 ", "123 456", "123-456", "12 34 56", "1 2 3 4 5 6", "123.456"),
        *("(123456)", "#123456", "code 123456", "Code: 123456", "my code is 123456"),
        *("My code is 123-456.", "it is 123456", "It's 123456", "the code is 123456"),
        *("123456 is my code", "１２３４５６", "١٢٣٤٥٦", "123456\n", "\u202a123456\u202c"),
        "123\u00a0456",
    ],
    Code("12345678"): ["12345678", "1234 5678", "my code is 1234-5678"],
    Login(): [
        *(
            "LOGIN",
            "login",
            "Login!",
            " log in ",
            "LOG IN",
            "log-in",
            "SIGN IN",
            "sign in",
            "SignIn",
        ),
        *("LOGIN please", "log in please", "login thanks", "Login now", "ＬＯＧＩＮ", "lógin"),
        *("LOGN", "LOGIM", "LOGGIN", "LGOIN", "OGIN", "loginn"),
    ],
    Login(REF): [
        *("LOGIN KTQMWX please", "login ktq mwx thanks"),
        *("LOGIN KTQMWX", "login ktqmwx", "Login  KTQ MWX", "LOGIN KTQ-MWX", "log in ktqmwx"),
        *("SIGN IN KTQMWX", "LOGIN K T Q M W X", "LOGIN: KTQMWX.", "KTQMWX", "ktq-mwx", "ktq mwx"),
        *(
            "LOGINKTQMWX",
            "LOGN KTQMWX",
            "ＬＯＧＩＮ ＫＴＱＭＷＸ",
            "LOGIN\nKTQMWX",
        ),
    ],
    MistypedRef(): ["LOGIN KTQMW", "LOGIN KTQMWXZ", "login kt qmw", "LOGIN KTQM", "LOGIN KTQMWA"],
    Resend(): ["RESEND", "resend", "Again", "again!", "NEW", "new"],
    Status(): ["STATUS", "status?", "Status"],
    CodeInSentence(): [
        *(
            "the bank told me to send 123456",
            "LOGIN 123456",
            "123456 please",
            "is 123456 right for you",
        ),
        "Nº 123456",
        *("send 123456 to me", "код 123456", "验证码 123456", "123 456 thanks"),
    ],
    Unknown(): [
        "",
        " ",
        "hello",
        "good morning",
        "👍",
        "12",
        "123",
        "stop it please",
        "start over",
        "Привет no",
        "?",
    ],
}


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        pytest.param(text, intent, id=f"{type(intent).__name__}: {text!a}")
        for intent, texts in SPELLINGS.items()
        for text in texts
    ],
)
def test_a_spelling_is_understood(text: str, intent: Intent) -> None:
    assert understand(text) == intent


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


def decimal_digits() -> list[str]:
    """The ten digits of every script that has them."""
    zeros = [
        point
        for point in range(sys.maxunicode + 1)
        if unicodedata.decimal(chr(point), None) == 0
        and all(unicodedata.decimal(chr(point + n), None) == n for n in range(10))
    ]
    return ["".join(chr(zero + n) for n in range(10)) for zero in zeros]


SCRIPTS = decimal_digits()
codes = st.from_regex(r"[0-9]{6,8}", fullmatch=True).filter(str.isascii)
separators = st.sampled_from(["", " ", "-", ".", "  ", " - "])


@steady
@given(st.text(max_size=200))
def test_any_text_has_an_intent_and_always_the_same(text: str) -> None:
    intent = understand(text)

    assert type(intent).__name__.isidentifier()
    assert understand(text) == intent


@steady
@given(codes, separators, st.sampled_from(SCRIPTS), st.sampled_from(["", "my code is ", "Code: "]))
def test_a_code_is_read_with_separators_and_in_digits_of_any_script(
    code: str, separator: str, digits: str, words: str
) -> None:
    written = separator.join(code).translate(str.maketrans("0123456789", digits))

    assert understand(words + written) == Code(code)


def test_more_than_thirty_scripts_have_digits() -> None:
    assert len(SCRIPTS) > 30


words_around = st.lists(
    st.one_of(
        st.sampled_from(["please", "send", "this", "to", "bank", "from", "me", "login", "said"]),
        st.from_regex(r"[a-z]{3,9}", fullmatch=True),
        st.text(st.characters(categories=["Lo"]), min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=5,
)
CODE_WORDS = frozenset(["my", "the", "code", "is", "it", "its", "here", "pin", "otp", "s"])


@steady
@given(words_around, codes, words_around)
def test_a_code_among_other_words_is_not_a_code(
    before: list[str], code: str, after: list[str]
) -> None:
    foreign = [word for word in (*before, *after) if word not in CODE_WORDS]
    if foreign:
        assert not isinstance(understand(" ".join((*before, code, *after))), Code)


@steady
@given(st.text(max_size=60), codes)
def test_a_code_has_all_digits_of_its_text_and_no_others(noise: str, code: str) -> None:
    intent = understand(noise + code)

    if isinstance(intent, Code):
        digits = [unicodedata.decimal(one, None) for one in unicodedata.normalize("NFKC", noise)]
        read = "".join(str(digit) for digit in digits if digit is not None)
        assert intent.digits == read + code


@steady
@given(
    st.text(REF_ALPHABET, min_size=REF_LENGTH, max_size=REF_LENGTH),
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


def test_a_ref_is_read_in_spite_of_a_misplaced_space() -> None:
    assert understand("LOGINK TQMWX") == Login("KTQMWX")
