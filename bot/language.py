"""A text message → the language that its words tell, so that it is answered in it."""

from __future__ import annotations

from functools import lru_cache

from bot.folding import fold
from bot.understanding import plain
from bot.vocabulary import TOKEN, Vocabulary

#: In characters. A longer text is not read.
_LONGEST_TEXT = 200
#: In characters.
_LONGEST_REMEMBERED = 40


def language(text: str | None, vocabulary: Vocabulary) -> str | None:
    """The language of the first known phrase that one language alone has, as `en` or `pt`.

    None where no phrase tells it, as in LOGIN, STOP or a code; for a text with a quotation, which
    may be ours; and for a text of more than 200 characters.
    """
    if text is None or len(text) > _LONGEST_TEXT or plain(text, vocabulary) is not None:
        return None
    words = "".join(" " if character.isdigit() else character for character in text)
    if len(words) <= _LONGEST_REMEMBERED:
        return _remembered(words, vocabulary)
    return _language(words, vocabulary)


@lru_cache(maxsize=4096)
def _remembered(words: str, vocabulary: Vocabulary) -> str | None:
    """Of short texts, whose digits are taken out, so that no code stays in memory."""
    return _language(words, vocabulary)


def _language(words: str, vocabulary: Vocabulary) -> str | None:
    folded = vocabulary.signature.sub("", fold(words))
    if '"' in folded:
        return None
    tokens = TOKEN.findall(vocabulary.without_app_name(folded))
    position = 0
    while position < len(tokens):
        count = vocabulary.telling.longest(tokens, position)
        phrase = "".join(tokens[position : position + count])
        if found := vocabulary.language_of.get(phrase):
            return found
        position += count or 1
    return None
