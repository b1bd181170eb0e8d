"""What every figure is measured with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.benchmarks.build import WORKING_TREE, Build
from tests.benchmarks.cores import cores
from tests.benchmarks.databases import Databases, Kind
from tests.benchmarks.launcher import Launcher
from tests.benchmarks.load import find_wrk
from tests.benchmarks.reference import Reference
from tests.benchmarks.rounds import Report, Rounds, alternate
from tests.benchmarks.target import Target
from tests.benchmarks.traffic import Traffic
from tests.benchmarks.workload import Workload
from webhooks.ops.descriptors import raise_limit

#: The service is slower than this ratio to the bare route, so a run never lacks requests.
_HIGHEST_RATIO = 0.4


class Setup(NamedTuple):
    """`folder` is temporary; there are `rounds` of `seconds` each; `report` prints a line."""

    folder: Path
    traffic: Traffic
    launcher: Launcher
    databases: Databases
    reference: Reference
    rounds: int
    seconds: int
    report: Report

    def new_database(self, kind: Kind, build: Build = WORKING_TREE) -> str:
        """The URL of a new database with the tables of a build."""
        url = self.databases.create(kind)
        self.launcher.migrate(build, url)
        return url

    def target(self, url: str, build: Build = WORKING_TREE) -> Target:
        """A build's service on that database."""
        return Target(self.launcher, self.traffic, url, build)

    def alternate(self, workload: Workload, other: Workload) -> Rounds:
        """Both in turn."""
        return alternate(workload, other, self.rounds, self.report)

    @property
    def most_webhooks(self) -> int:
        """More webhooks than the service can answer in a run."""
        return int(self.reference.rate * _HIGHEST_RATIO * self.seconds)


@contextmanager
def prepare(rounds: int, seconds: int, report: Report) -> Iterator[Setup]:
    """Pins this process to the load's core; removes all files at the end. Raises CannotMeasure."""
    find_wrk()
    service_core, load_core = cores()
    raise_limit()
    os.sched_setaffinity(0, {load_core})
    with TemporaryDirectory(prefix="textlogin-benchmarks-") as name:
        folder = Path(name)
        traffic = Traffic(folder)
        launcher = Launcher(folder, service_core, traffic.signer.public_key)
        with (
            closing(Databases(folder)) as databases,
            closing(Reference(launcher, traffic, seconds)) as reference,
        ):
            yield Setup(folder, traffic, launcher, databases, reference, rounds, seconds, report)
