"""Our texts as phones receive them, and the codes in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CODE = re.compile(r"(?<![0-9])[0-9]{6,}(?![0-9])", re.ASCII)


@dataclass(frozen=True)
class SentText:
    """One text of ours. `id` is that of its message."""

    id: str
    kind: str
    text: str
    phone: str
    number: str


def kinds(texts: Iterable[SentText]) -> list[str]:
    """The kind of each text."""
    return [sent.kind for sent in texts]


def code_in(text: str) -> str:
    """The one code in a text."""
    (code,) = codes_in(text)
    return code


def codes_in(text: str) -> list[str]:
    """Every run of six or more digits."""
    return _CODE.findall(text)


def wrong_code(code: str) -> str:
    """Another code of the same length."""
    return str((int(code) + 1) % 10 ** len(code)).zfill(len(code))
