"""What a script can say in brackets: time passes, a web app or its page does something."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tests.harness.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

_UNITS = {"second": SECOND_MS, "minute": MINUTE_MS, "hour": HOUR_MS, "day": DAY_MS}
_LANGUAGES = {"English": "en", "Spanish": "es", "French": "fr", "German": "de", "Portuguese": "pt"}


@dataclass(frozen=True)
class Waits:
    """Time passes. `[5 minutes later]`"""

    milliseconds: int


@dataclass(frozen=True)
class Delays:
    """The webhook of the next text is late. `[the next text takes 7 seconds]`"""

    milliseconds: int


@dataclass(frozen=True)
class HasNumber:
    """Where it matters, a phone's number. `[Inés has the number +34 612 34 56 78]`"""

    person: str
    number: str


@dataclass(frozen=True)
class Shows:
    """A web app opens a verification by text, and its page shows the ref.

    `[Tab 1 shows {ref} for "Chrome, Paris", takes the code itself, in French]`; all after the ref
    may be left out. Without "takes the code itself", the code is replied.
    """

    page: str
    ref: str
    label: str | None
    code_entry: str
    locale: str | None


@dataclass(frozen=True)
class SendsCode:
    """A web app has a code sent, to be typed on its page.

    `[The shop sends a code to Rosa for "Chrome, Paris", in French]`
    """

    page: str
    person: str
    label: str | None
    locale: str | None


@dataclass(frozen=True)
class Typed:
    """Somebody types a code on the page, with the answer of the API: a status, or `4 tries left`.

    `[{code} is typed at the shop: approved]`
    """

    page: str
    words: str
    answer: str


@dataclass(frozen=True)
class SendsAgain:
    """The page asks for another code. `[The shop sends Rosa another code]`"""

    page: str
    person: str


@dataclass(frozen=True)
class LogsIn:
    """The web app redeems the approval. `[The shop lets Rosa in]`, `[The shop does not let …]`"""

    page: str
    allowed: bool


@dataclass(frozen=True)
class Reads:
    """What the web app reads: the status, its reason, and whether a late NO is told.

    `[The shop reads: denied, repudiated]`, `[The shop reads: approved, repudiated later]`
    """

    page: str
    status: str


Direction: TypeAlias = (
    Waits | Delays | HasNumber | Shows | SendsCode | Typed | SendsAgain | LogsIn | Reads
)

_PAGE, _PERSON = r"(?P<page>[A-Z][\w' ]*?)", r"(?P<person>[A-Z]\w*)"
_DURATION = r"(?P<count>\d+) (?P<unit>second|minute|hour|day)s?"
_LABEL, _LOCALE = r'(?: for "(?P<label>[^"]+)")?', rf"(?:, in (?P<locale>{'|'.join(_LANGUAGES)}))?"
_SHOWS = (
    rf"{_PAGE} shows \{{(?P<ref>[^}}]+)\}}{_LABEL}(?P<itself>, takes the code itself)?{_LOCALE}"
)
_PATTERNS: dict[str, Callable[[re.Match[str]], Direction]] = {
    rf"{_DURATION} later": lambda found: Waits(_milliseconds(found)),
    rf"the next text takes {_DURATION}": lambda found: Delays(_milliseconds(found)),
    rf"{_PERSON} has the number (?P<number>\+[\d ]+)": lambda found: HasNumber(
        found["person"], found["number"].replace(" ", "")
    ),
    _SHOWS: lambda found: Shows(
        found["page"],
        found["ref"],
        found["label"],
        "page" if found["itself"] else "reply",
        _locale(found),
    ),
    rf"{_PAGE} sends a code to {_PERSON}{_LABEL}{_LOCALE}": lambda found: SendsCode(
        found["page"], found["person"], found["label"], _locale(found)
    ),
    r"(?P<words>.+) is typed at (?P<page>[A-Za-z][\w' ]*): (?P<answer>[\w ]+)": lambda found: Typed(
        _as_at_the_start(found["page"]), found["words"], found["answer"]
    ),
    rf"{_PAGE} sends {_PERSON} another code": lambda found: SendsAgain(
        found["page"], found["person"]
    ),
    rf"{_PAGE} (?P<verb>lets|does not let) [A-Z]\w* in": lambda found: LogsIn(
        found["page"], found["verb"] == "lets"
    ),
    rf"{_PAGE} reads: (?P<status>[\w, ]+)": lambda found: Reads(found["page"], found["status"]),
}


def direction(words: str) -> Direction:
    """The meaning of the words in brackets. Raises ValueError if they have none."""
    for pattern, build in _PATTERNS.items():
        if found := re.fullmatch(pattern, words):
            return build(found)
    raise ValueError(f"not a direction: {words}")


def _as_at_the_start(page: str) -> str:
    """The shop is the page's name at the start of a sentence and within it."""
    return page[0].upper() + page[1:]


def _milliseconds(found: re.Match[str]) -> int:
    return int(found["count"]) * _UNITS[found["unit"]]


def _locale(found: re.Match[str]) -> str | None:
    return _LANGUAGES.get(found["locale"] or "")
