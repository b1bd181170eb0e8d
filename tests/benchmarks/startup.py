"""The time from the start command to the first 200 of /readyz, while the SDK is slow to import; and
from there to the end of the first login, while it is not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.benchmarks import figures
from tests.benchmarks.build import ROOT
from tests.benchmarks.databases import Kind
from tests.benchmarks.fake_telnyx import FakeTelnyx
from tests.benchmarks.figures import Measurement
from tests.benchmarks.launcher import READY_TO_SEND
from tests.benchmarks.setup import Setup
from tests.benchmarks.slow_import.sitecustomize import DELAY_S

_STARTS = 3
_LOGIN_SECONDS = 6
_SLOW_IMPORT = Path(__file__).with_name("slow_import")


def measure(setup: Setup) -> Iterator[Measurement]:
    """The median of three starts, each with a new SQLite file."""
    setup.report(f"{figures.START.name}:")
    yield Measurement(figures.START, median(_start(setup) for _ in range(_STARTS)))
    setup.report(f"{figures.FIRST_LOGIN.name}:")
    yield Measurement(figures.FIRST_LOGIN, median(_first_login(setup) for _ in range(_STARTS)))


def _start(setup: Setup) -> float:
    path = os.pathsep.join((str(_SLOW_IMPORT), str(ROOT)))
    url = setup.new_database(Kind.SQLITE)
    with setup.launcher.sending_service(url, PYTHONPATH=path) as server:
        ready = server.wait_until_ready("/readyz")
        loaded = server.wait_for_log(READY_TO_SEND)
        assert loaded > DELAY_S, "the import of the SDK was not delayed"
    setup.report(f"  ready after {ready:.2f} s, the SDK loaded after {loaded:.2f} s")
    return ready


def _first_login(setup: Setup) -> float:
    """A login texted at the first 200 of /readyz: LOGIN, code, reply, confirmation."""
    url = setup.new_database(Kind.SQLITE)
    with (
        FakeTelnyx(setup.traffic) as telnyx,
        setup.launcher.sending_service(url, TELNYX_BASE_URL=telnyx.base_url) as server,
    ):
        ready = server.wait_until_ready("/readyz")
        first = telnyx.log_in(server.port, _LOGIN_SECONDS, at_once=1).slowest / 1000
    setup.report(f"  ready after {ready:.2f} s, the first login took {first:.2f} s")
    return first
