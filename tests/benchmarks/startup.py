"""The time from the start command to the first 200 of /readyz, while the SDK is slow to import; and
from there until texts are sent, while it is not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.benchmarks import figures
from tests.benchmarks.build import ROOT
from tests.benchmarks.databases import Kind
from tests.benchmarks.figures import Measurement
from tests.benchmarks.launcher import READY_TO_SEND
from tests.benchmarks.setup import Setup
from tests.benchmarks.slow_import.sitecustomize import DELAY_S

_STARTS = 3
_SLOW_IMPORT = Path(__file__).with_name("slow_import")


def measure(setup: Setup) -> Iterator[Measurement]:
    """The median of three starts, each with a new SQLite file."""
    setup.report(f"{figures.START.name}:")
    yield Measurement(figures.START, median(_start(setup) for _ in range(_STARTS)))
    setup.report(f"{figures.SENDING.name}:")
    yield Measurement(figures.SENDING, median(_until_sending(setup) for _ in range(_STARTS)))


def _start(setup: Setup) -> float:
    path = os.pathsep.join((str(_SLOW_IMPORT), str(ROOT)))
    url = setup.new_database(Kind.SQLITE)
    with setup.launcher.sending_service(url, PYTHONPATH=path) as server:
        ready = server.wait_until_ready("/readyz")
        loaded = server.wait_for_log(READY_TO_SEND)
        assert loaded > DELAY_S, "the import of the SDK was not delayed"
    setup.report(f"  ready after {ready:.2f} s, the SDK loaded after {loaded:.2f} s")
    return ready


def _until_sending(setup: Setup) -> float:
    """From the first 200 of /readyz until texts are sent: the first code waits so long."""
    url = setup.new_database(Kind.SQLITE)
    with setup.launcher.sending_service(url) as server:
        ready = server.wait_until_ready("/readyz")
        loaded = server.wait_for_log(READY_TO_SEND)
    setup.report(f"  ready after {ready:.2f} s, the SDK loaded after {loaded:.2f} s")
    return loaded - ready
