"""Reactions: a tapback or an edit that a phone sends as a text which quotes ours."""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.folding import EMOJI, FOREIGN
from bot.vocabulary import TOKEN, Phrases, Vocabulary, squash

#: Google Messages puts spaces without width around a reaction and around what it quotes.
_FRAME = re.compile("\u200a[^\u200a]{0,20}[\u200b\u200c]|[\u200b\u200c][^\u200a]{0,20}\u200a")

#: Characters of a reaction without a quotation.
_LONGEST_WITHOUT = 100
#: Words beside a quotation; somebody who writes more does not react.
_MOST_TOKENS = 24


class Quotation(NamedTuple):
    """What a folded text quotes, and what it says beside that."""

    inside: str
    outside: str


def has_frame(text: str) -> bool:
    """Whether a text, not folded, has the frame of a reaction of Google Messages."""
    return "\u200a" in text and _FRAME.search(text) is not None


def quotation(folded: str) -> Quotation | None:
    """From the first to the last quotation mark; a quotation that is cut off goes to the end."""
    first, last = folded.find('"'), folded.rfind('"')
    if first < 0:
        return None
    if first == last:
        return Quotation(folded[first + 1 :], folded[:first])
    return Quotation(folded[first + 1 : last], f"{folded[:first]} {folded[last + 1 :]}")


def is_reaction(folded: str, vocabulary: Vocabulary) -> bool:
    """Whether the text quotes something and reacts to it, or quotes a whole text of ours."""
    quoted = quotation(folded)
    if quoted is None:
        return len(folded) <= _LONGEST_WITHOUT and _is_about_media(folded, vocabulary)
    outside = TOKEN.findall(quoted.outside)
    if EMOJI in quoted.outside or _has_phrase(outside, vocabulary.reaction):
        return squash(quoted.inside) != "" or EMOJI in quoted.inside
    return _is_ours(quoted.inside.partition('"')[0], vocabulary)  # another one may follow


def _is_about_media(folded: str, vocabulary: Vocabulary) -> bool:
    """LIKED AN IMAGE: what is not text is not quoted."""
    tokens = TOKEN.findall(folded)
    count = vocabulary.reaction.longest(tokens, 0)
    return count > 0 and "".join(tokens[count:]) in vocabulary.reaction_media


def _has_phrase(tokens: list[str], phrases: Phrases) -> bool:
    return len(tokens) <= _MOST_TOKENS and any(
        phrases.longest(tokens, start) for start in range(len(tokens))
    )


def _is_ours(inside: str, vocabulary: Vocabulary) -> bool:
    """Our texts begin with the name of the service."""
    name = vocabulary.app_name
    match = name.match(inside.strip()) if name else None
    return match is not None and FOREIGN not in inside and len(inside) > len(match.group()) + 1
