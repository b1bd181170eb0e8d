"""The wall clock by which Telnyx signs; a fault can step it together with the service's."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass
class WallClock:
    """Milliseconds since the epoch, `ahead_s` seconds ahead of the machine's."""

    ahead_s: int = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_s * 1000
