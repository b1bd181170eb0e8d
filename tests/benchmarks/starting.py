"""From the command to the first 200 of /readyz, while the SDK is slow to import."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.benchmarks import figures
from tests.benchmarks.databases import Databases, Kind
from tests.benchmarks.figures import Measured
from tests.benchmarks.processes import ROOT
from tests.benchmarks.rounds import Report
from tests.benchmarks.service import READY_TO_SEND, Bench
from tests.benchmarks.slow.sitecustomize import SECONDS

_SLOW = Path(__file__).with_name("slow")


def measure(
    bench: Bench, databases: Databases, *, rounds: int, report: Report
) -> Iterator[Measured]:
    """The median of so many starts, each on a new file."""
    report(f"{figures.START.name}:")
    yield Measured(figures.START, median(_start(bench, databases, report) for _ in range(rounds)))


def _start(bench: Bench, databases: Databases, report: Report) -> float:
    path = os.pathsep.join((str(_SLOW), str(ROOT)))
    with bench.serving(databases.fresh(Kind.SQLITE), PYTHONPATH=path) as server:
        took = server.wait("/readyz")
        loaded = server.wait_for_words(READY_TO_SEND)
        assert loaded > SECONDS, "the SDK was not slow: the delay was for nothing"
    report(f"  ready after {took:.2f} s, the SDK after {loaded:.2f} s")
    return took
