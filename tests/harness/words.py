"""How the bot understands a text, with the words of every language."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from bot import understanding
from bot.intents import Intent
from bot.vocabulary import ANY, Vocabulary, spelled_out
from webhooks.service import vocabulary

APP_NAME = "Textlogin"
LANGUAGES = ("en", "es", "fr", "de", "pt")
#: The files with words: those of each language, and those of all.
FILES = (ANY, *LANGUAGES)


@cache
def vocabulary_of(app_name: str = APP_NAME) -> Vocabulary:
    """The vocabulary of a service with this name."""
    return vocabulary(app_name)


def understand(text: str | None, autoresponse: str | None = None) -> Intent:
    """The intent of a text; `autoresponse` is what Telnyx has taken it for."""
    return understanding.understand(text, vocabulary_of(), autoresponse)


def word_lists(language: str) -> dict[str, list[str]]:
    """The word lists of one language, or of `ANY`, with every phrase of its file."""
    text = files("bot").joinpath("locales", f"{language}.toml").read_text(encoding="utf-8")
    lists: dict[str, list[str]] = tomllib.loads(text)["words"]
    return {name: spelled_out(entries) for name, entries in lists.items()}
