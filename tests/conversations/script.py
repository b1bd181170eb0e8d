"""A script: who it is about, and what they do, line by line.

The notation of a script file:

    The title
    One sentence about the person, up to the first empty line.

    Rosa: What Rosa texts.
        Textlogin: {code} is your code. What Rosa gets back, word by word.
    Rosa: thanks
        (nothing comes back)
    (A remark for the reader.)
    [5 minutes later]

Indented lines are what comes back to the person above. Every other phone gets nothing. In brackets
are the actions of others; `directions.py` lists them. ` ↵ ` is a line break within a text. Words in
braces are codes, refs and quotations; `placeholders.py` explains them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.conversations.directions import Direction

FOLDER = Path(__file__).parent
#: In a script file, a line break within a text.
LINE_BREAK = " ↵ "
#: Who texts back.
SERVICE, TELNYX = "Textlogin", "Telnyx"


@dataclass(frozen=True)
class Says:
    """A person texts the service."""

    person: str
    words: str


@dataclass(frozen=True)
class Remark:
    """Words for the reader alone."""

    words: str


@dataclass(frozen=True)
class Answer:
    """A text that a phone gets, from the service or from Telnyx itself."""

    sender: str
    words: str

    @property
    def whole(self) -> str:
        """As the phone shows it: our texts begin with our name, Telnyx's with no name."""
        return self.words if self.sender == TELNYX else f"{self.sender}: {self.words}"


@dataclass(frozen=True)
class Step:
    """What somebody does, and the texts that come back. `source` is as in the file."""

    source: str
    act: Says | Remark | Direction
    answers: tuple[Answer, ...] = ()

    @property
    def person(self) -> str | None:
        """Who gets the answers."""
        return getattr(self.act, "person", None)


@dataclass(frozen=True)
class Script:
    """One file."""

    name: str
    title: str
    about: str
    steps: tuple[Step, ...]
