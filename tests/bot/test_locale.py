"""The language in which a phone is answered."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from bot.intents import Login, No, Resend, Start, Unknown
from bot.locale import LOCALES, locale_of, supported
from bot.records import Phone
from tests.harness.constants import PHONE
from tests.harness.simulation import Simulation, english
from tests.harness.texts import TYPICAL, text
from tests.harness.words import understand


def locale_of_answer(sim: Simulation, words: str, language: str | None = None) -> str:
    """The locale of the one answer to a text in which `language` was recognised."""
    known = set(sim.store.messages)
    sim.carry_out(replace(sim.text_command(words), language=language))
    (new,) = sim.store.messages.keys() - known
    return sim.store.messages[new].locale


@pytest.mark.parametrize(
    ("phone", "locale"),
    [
        ("+14155550123", "en"),
        ("+525512345678", "es"),
        ("+33612345678", "fr"),
        ("+491701234567", "de"),
        ("+5511987654321", "pt"),
        ("+819012345678", "en"),
    ],
)
def test_a_phone_is_answered_in_the_language_of_its_region(phone: str, locale: str) -> None:
    assert locale_of(Phone(phone)) == locale


@pytest.mark.parametrize(
    ("tag", "locale"), [("fr-CA", "fr"), ("PT", "pt"), ("ja", ""), (None, ""), ("", "")]
)
def test_a_language_tag_gives_a_locale_or_none(tag: str | None, locale: str) -> None:
    assert supported(tag) == locale


def test_the_language_of_a_text_is_remembered() -> None:
    sim = Simulation()

    assert locale_of_answer(sim, "AYUDA", "es") == "es"
    assert locale_of_answer(sim, "STATUS") == "es"


def test_the_web_apps_locale_comes_first_and_is_remembered() -> None:
    sim = Simulation()
    requested = sim.request(locale="de")

    assert locale_of_answer(sim, f"login {requested.ref}", "fr") == "de"
    assert locale_of_answer(sim, "NO") == "de"
    assert locale_of_answer(sim, "STATUS") == "de"
    assert sim.phone(PHONE).locale == "de"


def test_every_locale_has_texts() -> None:
    assert set(LOCALES) == set(english().languages)


#: The word in capitals that each text tells people to send, and what it must mean.
TOLD = {
    "code_expired": Resend,
    "say_start": Start,
    "stopped": Start,
    "denied_undone": Login,
    "nothing_waits": Login,
    "code": No,
    "code_claimed": No,
    "code_page": No,
    "page_waits": No,
    "hint": Login,
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", TOLD)
def test_the_words_that_a_text_tells_people_to_send_are_understood(locale: str, kind: str) -> None:
    told = re.findall(r"\b[A-ZÄÖÜ]{2,}\b", text(locale, kind, TYPICAL).replace("SMS", ""))

    assert told
    assert TOLD[kind] in {type(understand(word)) for word in told}
    assert Unknown not in {type(understand(word)) for word in told}
