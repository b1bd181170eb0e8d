"""What every measurement is made with: the service's core, databases, the bare route, how long."""

from __future__ import annotations

from typing import NamedTuple

from tests.benchmarks.databases import Databases
from tests.benchmarks.rounds import Lane, Reference, Report, Rounds, in_turn
from tests.benchmarks.service import Bench

#: No service comes nearer to the bare route than this, so that requests are never too few.
_MOST = 0.4


class Rig(NamedTuple):
    """`rounds` of `seconds` each; `report` takes a line."""

    bench: Bench
    databases: Databases
    reference: Reference
    rounds: int
    seconds: int
    report: Report

    def in_turn(self, lane: Lane, beside: Lane) -> Rounds:
        """Both, one after the other."""
        return in_turn(lane, beside, self.rounds, self.report)

    @property
    def most_webhooks(self) -> int:
        """More than the service takes in a run."""
        return int(self.reference.rate * _MOST * self.seconds)
