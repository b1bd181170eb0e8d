"""A text message → the intent of its sender. Tolerant of spelling, strict about codes.

The rules apply in this order: STOP, START and HELP (as the whole message), NO as the first word, a
code, LOGIN with or without a ref, RESEND, STATUS, anything else. A code counts only without other
words, so that a sentence that someone was talked into sending approves nothing.
"""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

#: 20 letters without vowels (RFC 8628, section 6.1): they spell no word and few look alike.
REF_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
REF_LENGTH = 6
#: In characters. A longer text is not read.
LONGEST_TEXT = 1600
CODE_LENGTHS = range(4, 11)


class Login(Struct, frozen=True):
    """LOGIN. `ref` is the letters that a page shows, None if the text has none."""

    ref: str | None = None


class MistypedRef(Struct, frozen=True):
    """LOGIN and letters that are not a ref but look like a mistyped one."""


class Code(Struct, frozen=True):
    """A code without other words. `digits` are ASCII."""

    digits: str


class CodeInSentence(Struct, frozen=True):
    """Digits that could be a code, among other words. They are never compared."""


class Resend(Struct, frozen=True):
    """RESEND, AGAIN, NEW."""


class No(Struct, frozen=True):
    """NO, NOT ME."""


class Status(Struct, frozen=True):
    """STATUS."""


class Help(Struct, frozen=True):
    """HELP, INFO."""


class Stop(Struct, frozen=True):
    """An opt-out keyword, which Telnyx answers."""


class Start(Struct, frozen=True):
    """An opt-in keyword, which Telnyx answers."""


class Unknown(Struct, frozen=True):
    """Anything else, including media without text."""


Intent = (
    Login
    | MistypedRef
    | Code
    | CodeInSentence
    | Resend
    | No
    | Status
    | Help
    | Stop
    | Start
    | Unknown
)

_STOP = ("STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT")
_START = ("START", "UNSTOP")
_HELP = ("HELP", "INFO")
#: Keywords that count only as the whole message.
_KEYWORDS: dict[str, Intent] = {
    **dict.fromkeys(_STOP, Stop()),
    **dict.fromkeys(_START, Start()),
    **dict.fromkeys(_HELP, Help()),
}
_RESEND = frozenset({"RESEND", "AGAIN", "NEW", "NEW CODE", "SEND AGAIN", "RE SEND"})
_CODE_WORDS = frozenset({"MY", "THE", "CODE", "IS", "IT", "ITS", "HERE", "PIN", "OTP", "S"})
#: The most frequent texts, which need no parsing.
_PLAIN: dict[str, Intent] = {"LOGIN": Login(), "STOP": Stop(), "NO": No(), "RESEND": Resend()}

#: Number signs, which NFKC would turn into the word NO.
_NUMBER_SIGNS = {ord("º"): " ", ord("№"): " "}
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(r"[A-Z]+|[0-9]+")
_FIRST = re.compile(r"[^\W_]+")  # the first word in any script, for NO
_MARKS = r"[\s\-.,:;#*()\[\]\"'!/_]*+"
_CODE_ALONE = re.compile(rf"{_MARKS}(?:[0-9][\s\-.]*+){{4,}}+{_MARKS}")
_DIGIT_RUN = re.compile(r"(?<![0-9])[0-9][0-9 \-.]{2,}[0-9](?![0-9])")
#: How an English word begins: consonants that go together, then a vowel.
_ONSET = re.compile(
    r"(?:[BCDFGHJKLMNPQRSTVWXZ]|QU|[BCFGPS]L|[BCDFGPTW]R|S[CKMNPQTW]|[CGPRSTWK]H|KN|WR|TW|DW|GN"
    r"|SCR|SHR|SPL|SPR|SQU|STR|THR|PHR|CHR|SCH)?[AEIOUY]"
)


def understand(text: str | None) -> Intent:
    """The intent of a text. None (media alone) and overlong texts are Unknown."""
    if text is None or len(text) > LONGEST_TEXT:
        return Unknown()
    plain = _PLAIN.get(text)
    if plain is not None:
        return plain
    if len(text) == 6 and text.isascii() and text.isdigit():
        return Code(text)
    return _understand(_folded(text))


def _understand(text: str) -> Intent:
    words = _WORD.findall(text)
    whole = " ".join(words)
    if text.isascii() or not any(map(str.isalpha, _NON_ASCII.findall(text))):
        keyword = _KEYWORDS.get(whole)
        if keyword is not None:
            return keyword
    if (words[:1] == ["NO"] or words[:2] == ["NOT", "ME"]) and _FIRST.findall(text)[0] == words[0]:
        return No()
    digits = _code(text, words)
    if digits is not None:
        return Code(digits)
    if any(len(re.sub("[^0-9]", "", run)) in CODE_LENGTHS for run in _DIGIT_RUN.findall(text)):
        return CodeInSentence()
    return _login(words) or _bare_ref(words) or _request(whole)


def _folded(text: str) -> str:
    """Upper case, with full-width letters, accents and the digits of any script as ASCII."""
    if not text.isascii():
        plain = text.translate(_NUMBER_SIGNS)
        text = "".join(map(_folded_character, unicodedata.normalize("NFKC", plain)))
    return text.upper()


def _folded_character(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if unicodedata.category(character) in ("Cf", "Mn"):  # direction marks, accents
        return ""
    return unicodedata.normalize("NFD", character)[0]


def _code(text: str, words: list[str]) -> str | None:
    """The digits of a text that has only separators and a few polite words beside them."""
    numbers = [word for word in words if word.isdigit()]
    others = [word for word in words if not word.isdigit()]
    if not numbers or any(word not in _CODE_WORDS for word in others):
        return None
    digits = "".join(numbers)
    if len(digits) not in CODE_LENGTHS:
        return None
    bare = re.sub("[A-Z]+", " ", text)
    return digits if _CODE_ALONE.fullmatch(bare) else None


def _login(words: list[str]) -> Login | MistypedRef | None:
    """LOGIN (one typo allowed), LOG IN or SIGN IN as the first word, and the ref after it."""
    if not words:
        return None
    if (glued := _glued(words)) is not None:
        return glued
    if words[0] in ("LOG", "SIGN") and words[1:2] in (["IN"], ["ON"]):
        rest = words[2:]
    elif _is_login(words[0]):
        rest = words[1:]
    else:
        return None
    return _login_with(rest)


def _login_with(rest: list[str]) -> Login | MistypedRef:
    letters = "".join(rest)
    if _is_ref(letters):
        return Login(letters)
    for count in range(1, len(rest)):  # polite words may follow the ref
        if _is_ref(leading := "".join(rest[:count])) and not _is_ref_part(rest[count]):
            return Login(leading)
    spelled_out = len(rest) == 1 or all(_is_ref_part(word) for word in rest)
    if spelled_out and _looks_like_ref(letters):
        return MistypedRef()
    return Login()


def _glued(words: list[str]) -> Login | None:
    """LOGINKTQMWX: LOGIN and a ref without the space."""
    letters = "".join(words)
    if letters.startswith("LOGIN") and _is_ref(letters[5:]):
        return Login(letters[5:])
    return None


def _bare_ref(words: list[str]) -> Login | None:
    letters = "".join(words)
    return Login(letters) if _is_ref(letters) else None


def _request(whole: str) -> Intent:
    if whole in _RESEND:
        return Resend()
    return Status() if whole == "STATUS" else Unknown()


def _is_ref(letters: str) -> bool:
    return len(letters) == REF_LENGTH and all(letter in REF_ALPHABET for letter in letters)


def _is_ref_part(word: str) -> bool:
    """A group of ref letters as people write them, as in KTQ MWX; PLS NOW are words."""
    return len(word) <= 3 and all(letter in REF_ALPHABET for letter in word)


def _looks_like_ref(letters: str) -> bool:
    """4 to 8 letters that do not begin like an English word, or have 4 consonants in a row."""
    if not 4 <= len(letters) <= 8 or not letters.isalpha():
        return False
    return not _ONSET.match(letters) or re.search("[^AEIOUY]{4,}", letters) is not None


def _is_login(word: str) -> bool:
    """Whether it is LOGIN with at most one letter wrong, missing, added or transposed."""
    target = "LOGIN"
    if word in (target, "SIGNIN", "LOGON"):
        return True
    if abs(len(word) - len(target)) > 1 or len(word) < 4:
        return False
    start = 0
    while start < min(len(word), len(target)) and word[start] == target[start]:
        start += 1
    rest, wanted = word[start:], target[start:]
    swapped = wanted[1:2] + wanted[:1] + wanted[2:]
    return rest[1:] == wanted[1:] or rest == wanted[1:] or rest[1:] == wanted or rest == swapped
