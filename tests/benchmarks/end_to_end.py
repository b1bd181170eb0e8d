"""Complete logins in one process: two webhooks received, two texts sent through Telnyx's SDK."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.benchmarks import figures
from tests.benchmarks.databases import Kind
from tests.benchmarks.fake_telnyx import FakeTelnyx
from tests.benchmarks.figures import Measurement
from tests.benchmarks.launcher import READY_TO_SEND
from tests.benchmarks.setup import Setup
from tests.benchmarks.workload import Workload

_SETTLE_S = 1.0


def measure(setup: Setup) -> Iterator[Measurement]:
    """Memory after the first login, then the rate of logins as a ratio to the bare route."""
    setup.report(f"{figures.END_TO_END.name}:")
    url = setup.new_database(Kind.SQLITE)
    with (
        FakeTelnyx(setup.traffic) as telnyx,
        setup.launcher.sending_service(url, TELNYX_BASE_URL=telnyx.base_url) as server,
    ):
        server.wait_for_log(READY_TO_SEND)
        telnyx.log_in(server.port, _SETTLE_S, at_once=1)
        time.sleep(_SETTLE_S)
        yield Measurement(figures.MEMORY, server.memory_bytes() / 1e6)
        workload = Workload(server, lambda: telnyx.log_in(server.port, setup.seconds))
        rounds = setup.alternate(workload, setup.reference.post)
    yield Measurement(figures.END_TO_END, rounds.ratio)
