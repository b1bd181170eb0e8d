"""The sentences of the pages in every language, and which language a browser gets."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib.resources import files

#: The first one is for browsers that accept none of them.
LANGUAGES = ("en", "es", "fr", "de", "pt")
_MINUTE_S, _HOUR_S = 60, 3600


class Sentences:
    """The sentences of one language, by key."""

    def __init__(self, language: str, texts: dict[str, str]) -> None:
        self.language = language
        self._texts = texts

    def __getitem__(self, key: str) -> str:
        """The sentence. Raises KeyError for an unknown key."""
        return self._texts[key]

    def wait(self, seconds: int) -> str:
        """A time from now, as in "in 40 seconds"; rounded up to whole minutes or hours."""
        if seconds <= 90:
            return self._counted("in_second", "in_seconds", max(seconds, 1))
        if seconds <= 90 * _MINUTE_S:
            return self._counted("in_minute", "in_minutes", -(-seconds // _MINUTE_S))
        return self._counted("in_hour", "in_hours", -(-seconds // _HOUR_S))

    def tries(self, left: int) -> str:
        """How many tries are left."""
        return self._counted("try_left", "tries_left", left)

    def _counted(self, one: str, many: str, count: int) -> str:
        return self._texts[one if count == 1 else many].format(n=count)


def load() -> dict[str, Sentences]:
    """Every language by its tag."""
    folder = files("webhooks").joinpath("pages", "locales")
    return {
        tag: Sentences(tag, tomllib.loads(folder.joinpath(f"{tag}.toml").read_text("utf-8")))
        for tag in LANGUAGES
    }


def choose(asked: str, remembered: str, accepted: Sequence[tuple[str, str]]) -> str:
    """The language of a page: the one asked for, else the remembered one, else the first that
    the browser accepts."""
    for tag in (asked, remembered, *(language for language, _ in accepted)):
        if tag in LANGUAGES:
            return tag
    return LANGUAGES[0]
