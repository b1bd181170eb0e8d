"""What decisions may not make up: ids that sort by age, seeds, and leases on a place to send."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

#: Messages a process holds at once; beyond it new ones wait in the outbox for whoever has room.
ROOM = 1000
#: How long a message is one process's to send, ms.
LEASE = 6_000


class ProcessFresh:
    """The production `bot.snapshot.Fresh`. Used by the writer's thread; the sender's loop only
    counts `released` up, so that neither needs a lock."""

    def __init__(self, room: int = ROOM) -> None:
        self.owner = secrets.token_hex(8)
        self.leased = 0
        self.released = 0
        self._room = room
        self._last = 0
        self._bits = _random_bits()

    def id(self, prefix: str, now: int) -> str:
        """Time (ms and a count within it, 15 hex digits), then 128 random bits."""
        self._last = max(self._last + 1, now << 12)
        return f"{prefix}_{self._last:015x}{next(self._bits)}"

    def seed(self) -> str:
        """128 random bits."""
        return next(self._bits)

    def lease(self, now: int) -> tuple[str | None, int]:
        """This process, for six seconds, while its sender has room."""
        if self.leased - self.released >= self._room:
            return None, 0
        self.leased += 1
        return self.owner, now + LEASE

    @property
    def room(self) -> int:
        """How many more messages the sender would take."""
        return max(self._room - (self.leased - self.released), 0)


def _random_bits() -> Iterator[str]:
    """128 at a time, in hex. The kernel is asked for many at once: a call costs as much as all
    else about an id."""
    while True:
        many = secrets.token_hex(16 * 64)
        for start in range(0, len(many), 32):
            yield many[start : start + 32]
