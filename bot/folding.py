"""A text as `understanding` reads it: upper-case ASCII letters, digits, plain punctuation."""

from __future__ import annotations

import re
import unicodedata

#: What stands for a letter of another script, for an emoji, for any other symbol.
FOREIGN, EMOJI, SYMBOL = "ж", "☺", "¤"

_DOUBLE_QUOTES = "“”„‟«»‹›「」『』〝〞〟＂″"
_APOSTROPHES = "'‘’‚‛`´ʹʼ′＇"
_DASHES = "‐‑‒–—―−⁃﹘﹣－"
_PLAIN: dict[str, str] = {
    **dict.fromkeys(_DOUBLE_QUOTES, '"'),
    **dict.fromkeys(_APOSTROPHES, ""),  # DON'T and DONT are one word
    **dict.fromkeys(_DASHES, "-"),
    **{"¿": "?", "؟": "?", "¡": "!", "…": ".", "·": ".", "•": ".", "、": ",", "。": "."},
    **{"ß": "SS", "ẞ": "SS", "Æ": "AE", "æ": "AE", "Œ": "OE", "œ": "OE", "Ø": "O", "ø": "O"},
    **{"ł": "L", "Ł": "L", "đ": "D", "Đ": "D", "ı": "I"},
    # Number signs, which NFKC would turn into the word NO.
    **dict.fromkeys("ºª№", SYMBOL),
}
#: Symbols that people put around a code. Others may change what it is, as in $482,915.
_SEPARATORS = frozenset("=><|~")
_NO_SEPARATORS = frozenset("%&@\\")
#: Signs such as the cap of a keycap emoji, accents and direction marks.
_INVISIBLE = frozenset({"Cf", "Mn", "Me", "Cc", "Cs", "Co", "Cn"})
#: A Latin letter that NFKC turns into more than this is a symbol.
_MOST_LETTERS = 3


class _Folding(dict[int, str]):
    """Code point → what stands for it, found when it is first met."""

    #: Bounds the memory that foreign texts can take.
    most = 8192

    def __missing__(self, point: int) -> str:
        folded = _fold(chr(point))
        if len(self) < self.most:
            self[point] = folded
        return folded


def _fold(character: str) -> str:
    known = _PLAIN.get(character)
    if known is not None:
        return known
    if character.isspace():
        return "\n" if character in "\n\r\u2028\u2029" else " "
    if "\u2e80" <= character <= "\ud7a3" and character.isalpha():
        return FOREIGN  # most letters are here, and none that matters is Latin
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    return _of_category(character, unicodedata.category(character))


def _of_category(character: str, category: str) -> str:
    if category in _INVISIBLE:
        return ""
    if category == "No":  # ① and ² are digits, ½ is not
        digit = unicodedata.digit(character, None)
        return SYMBOL if digit is None else str(digit)
    plain = unicodedata.normalize("NFKD", character)
    letters = "".join(one for one in plain if one.isascii() and one.isalnum()).upper()
    if letters:
        return letters if len(letters) <= _MOST_LETTERS else SYMBOL
    if category[0] in "LN":
        return FOREIGN
    if category in ("So", "Sk"):
        return EMOJI
    if character in _NO_SEPARATORS:
        return SYMBOL
    if category[0] == "P" or character in _SEPARATORS:
        return plain[0] if plain[0].isascii() else "."
    return SYMBOL


_FOLDING = _Folding()
_SPACE_IN_A_LINK = re.compile(r"%20")
_SPACES = re.compile(r"[ \t]+")


def fold(text: str) -> str:
    """The text without case, accents, apostrophes, invisible characters and repeated spaces.

    Quotation marks are `"`, dashes `-`; full-width letters and the digits of any script are ASCII.
    """
    folded = _SPACE_IN_A_LINK.sub(" ", text).translate(_FOLDING)
    return _SPACES.sub(" ", folded).strip()
