"""What a run may change about its faults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """`kills` is how often `kill` kills."""

    kills: int = 10
    #: Shortens faults that last, s.
    longest_s: float = 3600
    #: Logins per second, where the plan wants more.
    most_per_second: float = 1000
    #: How long to wait for recovery, and for what is late, s.
    patience_s: float = 60
