"""The notation of scripts: what is refused, what a difference looks like, what braces stand for."""

from __future__ import annotations

import pytest

from bot.intents import REF_ALPHABET
from bot.written_login import is_ref
from tests.conversations.parser import ScriptError, parse
from tests.conversations.placeholders import FORMS, fill, match
from tests.conversations.player import Player
from tests.harness.running_service import running_service
from tests.harness.words import vocabulary_of

_HEAD = "A title\nSomebody texts.\n\n"
_VERIFIED = "    Textlogin: You are verified. Not you? Reply NO within 10 minutes.\n"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("Ada: LOGIN\n", "line 4: what comes back"),
        ("Ada: LOGIN\n    Textlogin: Hi.\nada texts\n", "line 6: not in the notation"),
        ("[the shop burns]\n", "line 4: not a direction: the shop burns"),
        ("Ada: LOGIN\n    Somebody: Hi.\n", "line 4: a text that comes back begins with"),
        ("Ada: LOGIN\n    (nothing comes back)\n    Textlogin: Hi.\n", "line 4: either texts"),
        ("[5 minutes later]\n    Textlogin: Hi.\n", "line 4: nobody is named"),
    ],
)
def test_a_line_outside_the_notation_is_named(body: str, says: str) -> None:
    with pytest.raises(ScriptError, match=says):
        parse("ada", _HEAD + body)


def test_a_script_without_a_sentence_about_its_person_is_refused() -> None:
    with pytest.raises(ScriptError, match="a title, a sentence"):
        parse("ada", "A title\n\nAda: LOGIN\n    (nothing comes back)\n")


async def test_a_difference_shows_the_dialogue_up_to_it(sqlite_url: str) -> None:
    body = f"Ada: hello\n    (nothing comes back)\nAda: LOGIN\n{_VERIFIED}"
    error = await _difference(sqlite_url, body)
    assert error.splitlines() == [
        "",
        "A title (ada.txt)",
        "Ada: hello",
        "    Textlogin: Text LOGIN to get a code, then reply with it. "
        "HELP for help, STOP to end texts.",
        "",
        "Ada was to get",
        "nothing",
    ]


async def test_a_text_that_does_not_come_is_a_difference(sqlite_url: str) -> None:
    assert "Ada was to get\nTextlogin: You are" in await _difference(
        sqlite_url, f"Ada: thanks\n{_VERIFIED}"
    )


async def test_another_status_of_a_web_apps_verification_is_a_difference(sqlite_url: str) -> None:
    body = "[The shop shows {ref}]\n[The shop reads: approved]\n"
    assert "The shop reads: pending" in await _difference(sqlite_url, body)


def test_a_code_has_one_name_and_a_new_one_needs_another() -> None:
    assert match("{code} is it", "482915 is it", {}) == {"code": "482915"}
    assert match("{code} is it", "482915 is it.", {}) is None
    assert match("{code} is it", "482915 is it", {"code": "730164"}) is None


def test_the_longest_name_counts_before_a_form() -> None:
    values = {"code": "482915", "code of the shop": "730164"}
    assert fill("{code of the shop in two groups}", values) == "730 164"
    with pytest.raises(ValueError, match="unknown"):
        fill("{code in three groups}", values)


@pytest.mark.parametrize("last", REF_ALPHABET)
def test_a_ref_with_a_wrong_letter_is_another_possible_ref(last: str) -> None:
    for beginning in ("WZKPL", "KTQTH", "BHZSM", "VFLSV"):
        wrong = FORMS["with a wrong letter"](beginning + last)
        assert wrong != beginning + last
        assert is_ref(wrong, vocabulary_of())


async def _difference(database_url: str, body: str) -> str:
    async with running_service(database_url) as service:
        with pytest.raises(AssertionError) as raised:
            await Player(service).play(parse("ada", _HEAD + body))
    return str(raised.value)
