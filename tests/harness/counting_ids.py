"""`bot.inputs.Ids` without randomness."""

from __future__ import annotations

import hashlib


class CountingIds:
    """Makes ids and seeds from a counter."""

    def __init__(self) -> None:
        self.made = 0

    def id(self, prefix: str, now: int) -> str:
        self.made += 1
        return f"{prefix}_{now:015x}{self.made:032x}"

    def seed(self) -> str:
        self.made += 1
        return hashlib.sha256(str(self.made).encode()).hexdigest()[:32]
