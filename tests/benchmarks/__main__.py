"""`make bench`: measures, prints a table, and exits 1 if a figure is below its bar."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tests.benchmarks.databases import Kind
from tests.benchmarks.errors import CannotMeasure
from tests.benchmarks.figures import result_table
from tests.benchmarks.mixes import Mix
from tests.benchmarks.parts import Part, Selection
from tests.benchmarks.setup import prepare

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

EXIT_BELOW = 1
EXIT_CANNOT_MEASURE = 2
_QUICK_ROUNDS, _QUICK_SECONDS = 2, 1


@app.command()
def main(
    part: Annotated[list[Part] | None, typer.Option(help="Only these; may be given again.")] = None,
    mix: Annotated[
        list[Mix] | None, typer.Option(help="Of the ratios only these; may be given again.")
    ] = None,
    database: Annotated[
        list[Kind] | None, typer.Option(help="Only these; may be given again.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Steady rounds per figure.")] = 5,
    seconds: Annotated[int, typer.Option(min=1, max=60, help="Duration of a run.")] = 3,
    quick: Annotated[
        bool, typer.Option("--quick", help="Two rounds of one second, without the part history.")
    ] = False,
) -> None:
    """Measure one service process on one core.

    Most figures are ratios to a bare Starlette route on the same core. wrk sends signed webhooks
    from a second core, where PostgreSQL runs too. Rounds of the service alternate with rounds of
    the bare route; rounds that other processes disturb do not count.

    Exits 1 if a figure is below its bar, 2 if nothing can be measured.
    """
    selection = Selection(part or list(Part), mix or list(Mix), database or list(Kind))
    if quick:
        rounds, seconds = _QUICK_ROUNDS, _QUICK_SECONDS
        selection = selection if part else selection.without(Part.HISTORY)
    try:
        passes = _measure(selection, rounds, seconds)
    except CannotMeasure as error:
        _report(str(error))
        raise typer.Exit(EXIT_CANNOT_MEASURE) from None
    raise typer.Exit(0 if passes else EXIT_BELOW)


def _measure(selection: Selection, rounds: int, seconds: int) -> bool:
    with prepare(rounds, seconds, _report) as setup:
        measurements = list(selection.measure(setup))
    print(f"\n{result_table(measurements)}")
    return all(measurement.passes for measurement in measurements)


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    app()
