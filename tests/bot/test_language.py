"""The language of a text: of the first phrase that one language alone has."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language import language
from bot.vocabulary import CARRIER_STOP, TELLING
from tests.bot.seen_texts import SEEN
from tests.harness.words import FILES, LANGUAGES, vocabulary_of, word_lists

steady = settings(derandomize=True, deadline=None, max_examples=200)


def language_of(text: str | None) -> str | None:
    return language(text, vocabulary_of())


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("login please", "en"),
        ("Thanks!", "en"),
        ("no code came", "en"),
        ("It wasn't me", "en"),
        ("I can't log in", "en"),
        ("Hola, login", "es"),
        ("No, gracias", "es"),
        ("482915 gracias", "es"),
        ("No me llega el código", "es"),
        ("ALTO", "es"),
        ("no entiendo", "es"),
        ("ARRÊT", "fr"),
        ("c'est 482915", "fr"),
        ("Bonjour, je veux me connecter", "fr"),
        ("merci 👍", "fr"),
        ("Nein!!", "de"),
        ("LOGIN KTQMWX bitte", "de"),
        ("Wo ist mein Code?", "de"),
        ("Ich verstehe das nicht", "de"),
        ("não", "pt"),
        ("O código é 482 915", "pt"),
        ("Obrigada!", "pt"),
        ("eu não pedi isso", "pt"),
        ("Hi, ich will rein", "de"),
        ("OK merci", "fr"),
    ],
)
def test_a_word_of_one_language_tells_it(text: str, spoken: str) -> None:
    assert language_of(text) == spoken


@pytest.mark.parametrize(
    "text",
    [
        *(
            "LOGIN",
            "log in",
            "Sign in",
            "stop",
            "STOP ALL",
            "HELP",
            "info",
            "?",
            "RESEND",
            "status",
        ),
        *(
            "no",
            "NO NO",
            "ok",
            "👍",
            "482915",
            "482 915",
            "Code: 482915",
            "PIN 4829",
            "LOGIN KTQMWX",
        ),
        *(
            "ktq-mwx",
            "start",
            "",
            " ",
            "xyzzy",
            "por favor",
            "entrar",
            "Super!",
            "не понимаю",
            "停止",
        ),
        *("sms", "otp", "cancel", "quit", "Textlogin", "LOGIN\nSent from my iPhone"),
    ],
)
def test_words_of_several_languages_tell_none(text: str) -> None:
    assert language_of(text) is None


@pytest.mark.parametrize(
    "text", ["“Reply with thanks”", "A aimé « Reply NO, please »", 'Liked "hi"']
)
def test_a_quotation_tells_none_because_it_may_be_ours(text: str) -> None:
    assert language_of(text) is None


@pytest.mark.parametrize("text", [None, "thanks " * 40])
def test_media_and_long_texts_tell_none(text: str | None) -> None:
    assert language_of(text) is None


def test_the_name_of_the_service_tells_none() -> None:
    assert language("Danke Shop 482915", vocabulary_of("Danke Shop")) is None
    assert language("Danke Shop 482915, gracias", vocabulary_of("Danke Shop")) == "es"


def phrases() -> dict[str, set[str]]:
    """The files that have each phrase of a list that tells."""
    found: dict[str, set[str]] = {}
    for name in FILES:
        for telling in TELLING:
            for phrase in word_lists(name).get(telling, ()):
                letters = phrase.replace(" ", "")
                if letters.isalpha():  # LOG1N is read without its digit
                    found.setdefault(letters, set()).add(name)
    return found


def test_each_phrase_tells_the_one_language_that_has_it() -> None:
    for phrase, files in phrases().items():
        if phrase not in CARRIER_STOP:
            expected = next(iter(files)) if len(files) == 1 and "any" not in files else None
            assert language_of(phrase.lower()) == expected, phrase


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_common_word_is_of_one_language(name: str) -> None:
    files = phrases()
    for word in word_lists(name)["common"]:
        assert files[word] == {name}, word


def test_most_seen_texts_with_a_language_tell_it() -> None:
    told = Counter(language_of(text) for text, _ in SEEN)

    assert all(told[name] > 20 for name in LANGUAGES)


@pytest.mark.parametrize("text", ["LOGIN", "STOP", "NO", "RESEND", "482915", "LOGIN KTQMWX"])
def test_the_most_frequent_texts_are_not_parsed(text: str) -> None:
    vocabulary = vocabulary_of("Shop without a list")
    telling = vocabulary.telling
    del vocabulary.telling
    try:
        assert language(text, vocabulary) is None
        with pytest.raises(AttributeError):
            language(f"{text}, xyzzy", vocabulary)
    finally:
        vocabulary.telling = telling


@steady
@given(st.text(max_size=250), st.integers(0, 9))
def test_digits_change_no_language(text: str, digit: int) -> None:
    words = "".join(" " if character.isdigit() else character for character in text)

    assert language_of(f"{text} {digit}") == language_of(f"{words}  ")
