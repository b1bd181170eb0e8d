"""Sentences that say that no code came or ask for one, built from the words of each language."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intents import Resend
from tests.harness.words import LANGUAGES, understand, word_lists

steady = settings(derandomize=True, deadline=None, max_examples=100)
#: (the negation, a verb of receiving, one of asking, a code) of each language.
WORDS = {
    "en": ("didn't", "get", "want", "code"),
    "es": ("no", "recibí", "quiero", "código"),
    "fr": ("pas", "reçu", "veux", "code"),
    "de": ("keinen", "bekommen", "brauche", "Code"),
    "pt": ("não", "recebi", "quero", "código"),
}


def phrases(language: str, slot: str) -> st.SearchStrategy[str]:
    return st.sampled_from(word_lists(language)[slot])


def sentences(*slots: str) -> st.SearchStrategy[str]:
    """Sentences of one phrase of each slot, in this order."""
    return st.sampled_from(LANGUAGES).flatmap(
        lambda language: st.tuples(*(phrases(language, slot) for slot in slots)).map(" ".join)
    )


@steady
@given(sentences("slot_resend", "slot_code") | sentences("slot_send", "slot_code", "slot_again"))
def test_a_wish_for_a_code_is_a_resend(sentence: str) -> None:
    assert understand(sentence) == Resend()


@steady
@given(sentences("slot_no", "slot_code", "slot_receive") | sentences("slot_where", "slot_code"))
def test_a_complaint_that_no_code_came_is_a_resend(sentence: str) -> None:
    assert understand(sentence) == Resend()


@steady
@given(
    sentences("slot_no", "slot_send", "slot_code")
    | sentences("slot_send", "slot_no", "slot_code")
    | sentences("slot_send", "slot_no", "slot_code", "slot_receive")
    | sentences("slot_no", "slot_again", "slot_code")
)
def test_a_wish_for_no_code_is_no_resend(sentence: str) -> None:
    assert understand(sentence) != Resend()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_verb_decides_what_is_negated(language: str) -> None:
    negation, receive, want, code = WORDS[language]

    assert understand(f"{negation} {code} {receive}") == Resend()
    assert understand(f"{want} {code}") == Resend()
    assert understand(f"{want} {negation} {code}") != Resend()
    assert understand(f"{negation} {want} {code}") != Resend()


@pytest.mark.parametrize(
    "text",
    [
        *("I don't want a code", "no, I got the code", "No I got it", "I got a new code"),
        *("where do I send the code", "not another code", "I'll send the code", "not again"),
        *("No, lo recibí", "no ya me llegó", "no necesito otro código", "ya no quiero código"),
        *("j'ai reçu le code pas moi", "non j'ai reçu le code", "je ne veux pas de code"),
        *("ich brauche keinen Code", "keinen Code schicken", "nicht schon wieder"),
        *("não, já chegou", "não preciso de código", "não quero outro código"),
    ],
)
def test_what_wishes_for_no_code_or_has_one_is_no_resend(text: str) -> None:
    assert understand(text) != Resend()
