"""What a run may change about the faults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """`longest_s` shortens faults that last; `patience_s` is how long a row waits for recovery and
    for what is late, each."""

    kills: int = 10
    longest_s: float = 3600
    patience_s: float = 60
