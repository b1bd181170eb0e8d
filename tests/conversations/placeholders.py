"""Words in braces, which stand for what differs each time: codes, refs, quotations of our texts.

In a text of ours, `{code}` is a new code, to be known by that name: `{second code}` is another. In
a person's text it is that code, also in another form: `{code in two groups}`, `{ref in small
letters}`; `FORMS` lists them. `{our text}` is the last text that anybody got.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_CODE = "([0-9]{6,8})"
OUR_TEXT = "our text"
#: A letter that no chat word ends with, and another one: the letters remain possible as a ref.
_LAST, _OTHER_LAST = "Q", "J"


def _with_wrong_digit(code: str) -> str:
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def _with_wrong_letter(ref: str) -> str:
    return ref[:-1] + (_OTHER_LAST if ref[-1] == _LAST else _LAST)


def _in_two_groups(word: str) -> str:
    return f"{word[:3]} {word[3:]}"


def _in_keycaps(code: str) -> str:
    return "".join(f"{digit}\ufe0f\u20e3" for digit in code)


def _as_google_messages(text: str) -> str:
    """Characters without width stand around a reaction and around what it quotes."""
    return f"\u200a\u200b👍\u200b to “\u200a{text}\u200a”"


#: What may follow the name of a code, a ref or a text of ours.
FORMS: dict[str, Callable[[str], str]] = {
    "in two groups": _in_two_groups,
    "in keycaps": _in_keycaps,
    "in small letters": str.lower,
    "with a wrong digit": _with_wrong_digit,
    "with a wrong letter": _with_wrong_letter,
    "without its last digit": lambda code: code[:-1],
    "without its last letter": lambda ref: ref[:-1],
    "with a thumb by Google Messages": _as_google_messages,
}


def names(words: str) -> list[str]:
    """Everything in braces, in order."""
    return _PLACEHOLDER.findall(words)


def fill(words: str, values: dict[str, str]) -> str:
    """The words with the values in place of the braces. Raises ValueError for an unknown name."""
    return _PLACEHOLDER.sub(lambda found: _value(found[1], values), words)


def match(words: str, text: str, values: dict[str, str]) -> dict[str, str] | None:
    """The new codes in a text of ours by their names; None if it has other words."""
    pattern = "".join(
        _CODE if at % 2 else re.escape(part) for at, part in enumerate(_PLACEHOLDER.split(words))
    )
    found = re.fullmatch(pattern, text)
    if found is None or values.keys() & {*names(words)}:
        return None
    return dict(zip(names(words), found.groups(), strict=True))


def _value(inside: str, values: dict[str, str]) -> str:
    for name in sorted(values, key=len, reverse=True):
        if inside == name:
            return values[name]
        form = inside.removeprefix(f"{name} ")
        if form != inside and form in FORMS:
            return FORMS[form](values[name])
    raise ValueError(f"unknown: {{{inside}}}")
