"""The demo's clock: the real one, moved forward by an offset that only grows.

The offset moves the time of the service alone. The wall clock stays as it is: other machines
compare signatures and the age of texts with theirs.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from webhooks.sandbox.problems import InvalidError
from webhooks.sandbox.times import iso

DAY_S = 24 * 60 * 60
#: The furthest that one request moves the clock, in seconds.
LONGEST_ADVANCE_S = 31 * DAY_S
_MEMBER = "advance"


class RealClock(Protocol):
    """Milliseconds since the epoch: the service's steady time, and the wall clock."""

    def __call__(self) -> int:
        """The steady time."""

    def wall(self) -> int:
        """The wall clock."""

    def not_before(self, time_ms: int) -> int:
        """The steady time, moved forward to `time_ms` if that is later."""


class DemoClock:
    """A clock that `advance` moves forward. Reading it is safe in any thread.

    `save` keeps each new offset (ms) and may block.
    """

    def __init__(self, real: RealClock, *, save: Callable[[int], None] | None = None) -> None:
        self._real = real
        self._offset_ms = 0
        self._save = save
        self._advancing = asyncio.Lock()
        self._on_advance: list[Callable[[], None]] = []

    def __call__(self) -> int:
        """The demo's time, in ms."""
        return self._real() + self._offset_ms

    def wall(self) -> int:
        """The real wall clock, in ms."""
        return self._real.wall()

    def not_before(self, time_ms: int) -> int:
        """The demo's time, moved forward to `time_ms` if that is later."""
        offset_ms = self._offset_ms
        return self._real.not_before(time_ms - offset_ms) + offset_ms

    def resume(self, offset_ms: int) -> None:
        """Begin with the offset of an earlier run. Call it before anything reads the clock."""
        self._offset_ms = offset_ms

    def subscribe(self, on_advance: Callable[[], None]) -> None:
        """Call `on_advance` on the event loop after each `advance`: what waits for a time looks
        again."""
        self._on_advance.append(on_advance)

    async def advance(self, seconds: int) -> None:
        """Move forward. The offset is saved first; if that raises, the clock has not moved."""
        async with self._advancing:
            offset_ms = self._offset_ms + seconds * 1000
            if self._save is not None:
                await asyncio.to_thread(self._save, offset_ms)
            self._offset_ms = offset_ms
        for on_advance in self._on_advance:
            on_advance()

    def reading(self) -> dict[str, Any]:
        """The demo's time, and the seconds that it is ahead, as JSON."""
        return {"now": iso(self()), "offset": self._offset_ms // 1000}


def parse_advance(body: object) -> int:
    """Validate the body of `POST /clock`: the seconds to advance. Raises InvalidError."""
    if not isinstance(body, dict):
        raise InvalidError({"": "must be a JSON object"})
    wrong = {str(member): "is unknown" for member in body if member != _MEMBER}
    if _MEMBER not in body:
        wrong[_MEMBER] = "is missing"
    elif not _is_valid(body[_MEMBER]):
        wrong[_MEMBER] = f"must be a whole number of seconds from 1 to {LONGEST_ADVANCE_S}"
    if wrong:
        raise InvalidError(wrong)
    return int(body[_MEMBER])


def _is_valid(seconds: object) -> bool:
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return False
    return 0 < seconds <= LONGEST_ADVANCE_S
