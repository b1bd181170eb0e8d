"""Refs: the letters that a page shows and the user texts after LOGIN."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection

from bot.intents import REF_ALPHABET, REF_LENGTH

#: Refs per command; the writer takes the first that no open verification has.
_CANDIDATES = 3


class Refs:
    """Draws refs. None contains one of `chat_words`, upper case: such letters are read as words.

    `choose(letters)` draws one letter.
    """

    def __init__(
        self, chat_words: Collection[str], choose: Callable[[str], str] = secrets.choice
    ) -> None:
        self._chat_words = chat_words
        self._choose = choose

    def candidates(self) -> tuple[str, ...]:
        """The refs for one command."""
        return tuple(self._draw() for _ in range(_CANDIDATES))

    def _draw(self) -> str:
        while True:
            ref = "".join(self._choose(REF_ALPHABET) for _ in range(REF_LENGTH))
            if not any(word in ref for word in self._chat_words):
                return ref
