"""Whole logins: two webhooks in, two texts out through Telnyx's SDK, one process."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.bench import figures
from tests.bench.carrier import Carrier
from tests.bench.databases import Databases, Kind
from tests.bench.figures import Measured
from tests.bench.rounds import Lane, Reference, Report, in_turn
from tests.bench.service import READY_TO_SEND, Bench

_SETTLED = 1.0


def measure(
    bench: Bench,
    databases: Databases,
    reference: Reference,
    *,
    rounds: int,
    seconds: int,
    report: Report,
) -> Iterator[Measured]:
    """Memory after the first login, then logins a second relative to the bare route."""
    report(f"{figures.WHOLE.name}:")
    with (
        Carrier(bench.telnyx, bench.phones) as carrier,
        bench.serving(databases.fresh(Kind.SQLITE), TELNYX_BASE_URL=carrier.base_url) as server,
    ):
        server.wait_for_words(READY_TO_SEND)
        carrier.log_in(server.port, _SETTLED, at_once=1)
        time.sleep(_SETTLED)
        yield Measured(figures.MEMORY, server.memory())
        lane = Lane(server, lambda: carrier.log_in(server.port, seconds))
        found = in_turn(lane, reference.posted, rounds, report)
    yield Measured(figures.WHOLE, found.ratio)
