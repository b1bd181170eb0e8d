"""The texts that phones can get, and the values that they may have."""

from __future__ import annotations

from functools import cache

from bot.wording import Catalogue
from tests.harness.words import LANGUAGES
from webhooks.service import catalogue

#: The kinds that carry a code.
CODE_KINDS = ("code", "code_claimed", "code_page")
#: The longest values: a name of 20 characters, a label of 24, a host of 28, a contact of 40, a day
#: in minutes.
LONGEST = {
    "app": "W" * 20,
    "label": "Firefox 128, Llanfairpwl",
    "origin": "accounts.example-company.com",
    "contact": "https://www.example-company.com/sms-help",
    "code": "88888888",
    "digits": "8",
    "minutes": "1440",
    "seconds": "120",
    "hours": "3",
    "left": "100",
}
#: Ordinary ones: a name of 9 characters, a label of 12, a host of 16.
TYPICAL = {
    "app": "Textlogin",
    "label": "Safari, Rome",
    "origin": "login.shop.test1",
    "contact": "help@shop.example",
    "code": "482915",
    "digits": "6",
    "minutes": "5",
    "seconds": "40",
    "hours": "2",
    "left": "4",
}


@cache
def every_text() -> Catalogue:
    """The catalogue of the service."""
    return catalogue()


#: Every kind of text in every language.
EVERY_KIND = [(language, kind) for language in LANGUAGES for kind in every_text().kinds]


def text(language: str, kind: str, values: dict[str, str], *without: str) -> str:
    """One text. Only a code for a page carries a host; `without` names what it lacks too."""
    lacking = {*without} if kind == "code_page" else {*without, "origin"}
    known = {name: value for name, value in values.items() if name not in lacking}
    return every_text().text(kind, language, known)
