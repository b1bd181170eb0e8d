"""The letters that a page shows are never read as chat words."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import shake_256

from bot.intents import REF_ALPHABET, REF_LENGTH, Login
from tests.harness.words import understand, vocabulary_of
from webhooks.api.refs import Refs

#: Without the rule, one ref in eighty would contain a chat word.
DRAWS = 5_000


def chosen_from(seed: bytes) -> Callable[[str], str]:
    """Draws letters that depend on the seed alone."""
    stream = iter(shake_256(seed).digest(24 * DRAWS))
    return lambda letters: letters[next(stream) % len(letters)]


def test_no_ref_contains_a_chat_word_of_any_language() -> None:
    chat_words = vocabulary_of().never_in_a_ref
    assert {"PLS", "THX", "SVP", "VLW", "MFG"} <= chat_words
    refs = Refs(chat_words, chosen_from(b"1"))

    drawn = {ref for _ in range(DRAWS) for ref in refs.candidates()}

    assert len(drawn) > 2.9 * DRAWS
    assert not [ref for ref in drawn for word in chat_words if word in ref]


def test_every_ref_is_read_as_the_page_shows_it() -> None:
    refs = Refs(vocabulary_of().never_in_a_ref, chosen_from(b"2"))
    for ref in refs.candidates() + refs.candidates():
        assert len(ref) == REF_LENGTH
        assert set(ref) <= set(REF_ALPHABET)
        assert understand(f"LOGIN {ref}") == Login(ref)
        assert understand(f"login {ref[:3]}-{ref[3:]}".lower()) == Login(ref)


def test_letters_with_a_chat_word_are_drawn_again() -> None:
    letters = iter("PLSKTQKTQMWXBBMSGBBCDFGHJKLMNP")

    assert Refs({"PLS", "MSG"}, lambda _: next(letters)).candidates() == (
        "KTQMWX",
        "BCDFGH",
        "JKLMNP",
    )
