"""Ids that sort by age, and random seeds."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

_HEX_DIGITS = 32  # of 128 bits
_BLOCK = 64  # numbers per read from the kernel


class Ids:
    """The production `bot.inputs.Ids`. Used by the writer's thread only."""

    def __init__(self) -> None:
        self._last = 0
        self._random = _random_bits()

    def id(self, prefix: str, now: int) -> str:
        """`prefix_`, 15 hex digits of time and count, 32 random ones; ids sort by age."""
        self._last = max(self._last + 1, now << 12)
        return f"{prefix}_{self._last:015x}{next(self._random)}"

    def seed(self) -> str:
        """128 random bits, 32 hex digits."""
        return next(self._random)


def first_id(prefix: str, at: int) -> str:
    """Sorts before every id that is made at `at` (ms) or later."""
    return f"{prefix}_{max(at, 0) << 12:015x}"


def _random_bits() -> Iterator[str]:
    """128 random bits at a time, in hex. Reads from the kernel in blocks: a system call costs
    as much as the rest of making an id."""
    while True:
        block = secrets.token_hex(_HEX_DIGITS // 2 * _BLOCK)
        for start in range(0, len(block), _HEX_DIGITS):
            yield block[start : start + _HEX_DIGITS]
