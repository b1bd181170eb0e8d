"""Whole logins: two webhooks in, two texts out through Telnyx's SDK, one process."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.benchmarks import figures
from tests.benchmarks.carrier import Carrier
from tests.benchmarks.databases import Kind
from tests.benchmarks.figures import Measured
from tests.benchmarks.rig import Rig
from tests.benchmarks.rounds import Lane
from tests.benchmarks.service import READY_TO_SEND

_SETTLED = 1.0


def measure(rig: Rig) -> Iterator[Measured]:
    """Memory after the first login, then logins a second relative to the bare route."""
    rig.report(f"{figures.WHOLE.name}:")
    with (
        Carrier(rig.bench.telnyx, rig.bench.phones) as carrier,
        rig.bench.serving(
            rig.databases.fresh(Kind.SQLITE), TELNYX_BASE_URL=carrier.base_url
        ) as server,
    ):
        server.wait_for_words(READY_TO_SEND)
        carrier.log_in(server.port, _SETTLED, at_once=1)
        time.sleep(_SETTLED)
        yield Measured(figures.MEMORY, server.memory())
        lane = Lane(server, lambda: carrier.log_in(server.port, rig.seconds))
        found = rig.in_turn(lane, rig.reference.posted)
    yield Measured(figures.WHOLE, found.ratio)
