"""`make bench`: measures, prints a table, exits 1 if a figure is not acceptable."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from tests.benchmarks import starting, whole
from tests.benchmarks.databases import Databases, Kind
from tests.benchmarks.figures import Measured, table
from tests.benchmarks.load import NoWrk, find_wrk
from tests.benchmarks.mixes import Mix
from tests.benchmarks.polls import Polls
from tests.benchmarks.processes import TooFewCores, cores
from tests.benchmarks.rig import Rig
from tests.benchmarks.rounds import Reference
from tests.benchmarks.service import Bench
from tests.benchmarks.throughput import Throughput
from tests.benchmarks.waiting import Waiting
from webhooks.server import raise_file_limit

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

CANNOT = 2
_STARTS = 3


class Part(StrEnum):
    """What can be measured alone."""

    RATIOS = "ratios"
    ALONE = "alone"
    POLLS = "polls"
    WAITING = "waiting"
    HISTORY = "history"
    WHOLE = "whole"
    START = "start"


@app.command()
def main(
    part: Annotated[list[Part] | None, typer.Option(help="Only these; may be given again.")] = None,
    mix: Annotated[
        list[Mix] | None, typer.Option(help="Of the ratios only these; may be given again.")
    ] = None,
    database: Annotated[
        list[Kind] | None, typer.Option(help="Only these; may be given again.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Steady rounds a figure.")] = 5,
    seconds: Annotated[int, typer.Option(min=1, max=60, help="How long a run takes.")] = 3,
    quick: Annotated[
        bool, typer.Option("--quick", help="Two rounds of a second, no million phones.")
    ] = False,
) -> None:
    """How fast one process on one core is, as ratios to a bare Starlette route on the same core.

    Signed webhooks come from wrk on a second core, where PostgreSQL runs too. Rounds of the
    service and the bare route alternate. Exits 1 if a figure is under its bar, 2 if nothing can
    be measured here.
    """
    try:
        find_wrk()
        service_core, load_core = cores()
    except NoWrk:
        _give_up("wrk is needed (Debian, Ubuntu: apt-get install wrk; macOS has no core pinning).")
    except TooFewCores:
        _give_up("Two cores are needed: one for the service, one for its load.")
    if quick:
        rounds, seconds = 2, 1
        part = part or [one for one in Part if one is not Part.HISTORY]
    raise_file_limit()
    os.sched_setaffinity(0, {load_core})
    with tempfile.TemporaryDirectory(prefix="textlogin-bench-") as folder:
        bench = Bench(Path(folder), service_core)
        with closing(Databases(bench.folder)) as databases:
            measured = list(
                _measure(bench, databases, part or list(Part), mix, database, rounds, seconds)
            )
    print()
    print(table(measured))
    raise typer.Exit(0 if all(one.passes for one in measured) else 1)


def _measure(
    bench: Bench,
    databases: Databases,
    parts: list[Part],
    mixes: list[Mix] | None,
    kinds: list[Kind] | None,
    rounds: int,
    seconds: int,
) -> Iterator[Measured]:
    with closing(Reference(bench, seconds)) as reference:
        rig = Rig(bench, databases, reference, rounds, seconds, _report)
        throughput = Throughput(rig)
        for kind in kinds or Kind:
            if Part.RATIOS in parts:
                for mix in mixes or Mix:
                    yield from throughput.ratio(mix, kind)
            if Part.ALONE in parts:
                yield from throughput.alone(kind)
        if Part.POLLS in parts:
            yield from Polls(rig).measure(kinds or list(Kind))
        if Part.WAITING in parts:
            yield from Waiting(rig).measure()
        if Part.HISTORY in parts:
            yield from throughput.history()
        if Part.WHOLE in parts:
            yield from whole.measure(rig)
    if Part.START in parts:
        yield from starting.measure(bench, databases, rounds=_STARTS, report=_report)


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _give_up(why: str) -> NoReturn:
    _report(why)
    raise typer.Exit(CANNOT)


if __name__ == "__main__":
    app()
