"""One line of a history: a time and a sentence."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

#: How it looks: what went well, what went wrong, what just happened.
Tone = Literal["good", "bad", "plain"]


class Line(Struct, frozen=True):
    """What happened at a time (ms). `verification` is the id of the one that it is about."""

    at: int
    words: str
    verification: str | None = None
    tone: Tone = "plain"
