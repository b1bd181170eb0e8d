"""A label made safe: who asks for a code, as named in the text with the code.

The text is an SMS. So the label has only letters that SMS carries, nothing that could be taken for
a code, a link or a quotation, and at most as many characters as fit.
"""

from __future__ import annotations

import re
import unicodedata

from bot.wording import GSM_7

LONGEST_LABEL = 24

_PUNCTUATION = " ,-"
#: These join what they stand between, so that "Zoe's" stays one word.
_DROPPED = "'‘’‚‛`´ʹʼ′＇"
#: Letters that have no decomposition into a plain letter.
_PLAIN = str.maketrans(
    {
        **dict.fromkeys(_DROPPED, ""),
        **{"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "OE", "ẞ": "SS"},
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)
_CODE_LIKE = re.compile(r"[0-9]{4,}")
_SPARE_SPACES = re.compile(r" +(?=[ ,])")


def safe_label(text: str) -> str | None:
    """The label as a text with a code can carry it, at most `LONGEST_LABEL` characters; None if
    nothing is left of it."""
    plain = unicodedata.normalize("NFKC", text.translate(_PLAIN)).translate(_PLAIN)
    carried = _CODE_LIKE.sub("", "".join(map(_carried, plain)))
    words = _SPARE_SPACES.sub("", carried).strip(" ,")
    return words[:LONGEST_LABEL].rstrip(" ,") or None


def _carried(character: str) -> str:
    """What of one character SMS can carry: itself, its plain letter or digit, a space, nothing."""
    if character in _PUNCTUATION:
        return character
    if character.isalnum():
        return character if character in GSM_7 else _plain_letter(character)
    return "" if unicodedata.category(character) in ("Cf", "Mn", "Me") else " "


def _plain_letter(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    letters = unicodedata.normalize("NFKD", character)
    return "".join(one for one in letters if one in GSM_7 and one.isalnum())
