"""The throughput of the login page that browsers open first."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks import figures
from tests.benchmarks.databases import Kind
from tests.benchmarks.figures import Measurement
from tests.benchmarks.load import Run, load
from tests.benchmarks.requests import get
from tests.benchmarks.setup import Setup
from tests.benchmarks.target import Target
from tests.benchmarks.workload import Workload

_BROWSER = {"accept": "text/html", "accept_language": "en-US,en;q=0.9"}


def measure(setup: Setup) -> Iterator[Measurement]:
    """`GET /`, compared with the bare route."""
    figure = figures.FIRST_PAGE
    setup.report(f"{figure.name}:")
    with setup.target(setup.new_database(Kind.SQLITE)) as target:
        workload = Workload(target.server, lambda: _run(setup, target))
        rounds = setup.alternate(workload, setup.reference.get)
    yield Measurement(figure, rounds.ratio)


def _run(setup: Setup, target: Target) -> Run:
    requests = setup.traffic.files.write([get("/", **_BROWSER)])
    try:
        return load(target.port, requests, setup.seconds, repeat=True)
    finally:
        requests.path.unlink()
