"""`make bench`: measures, prints a table, and exits 1 if a figure is below its bar."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tests.benchmarks.build import find_build
from tests.benchmarks.checkout import check_out, find_commit
from tests.benchmarks.comparison import comparison_table
from tests.benchmarks.databases import Kind
from tests.benchmarks.errors import CannotMeasure
from tests.benchmarks.figures import result_table
from tests.benchmarks.mixes import Mix
from tests.benchmarks.options import selected, several
from tests.benchmarks.parts import Part, Selection
from tests.benchmarks.setup import prepare

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

EXIT_BELOW = 1
EXIT_CANNOT_MEASURE = 2
_QUICK_ROUNDS, _QUICK_SECONDS = 2, 1


@app.command()
def main(
    part: Annotated[list[str] | None, several(Part, "parts")] = None,
    mix: Annotated[list[str] | None, several(Mix, "mixes of the ratios")] = None,
    database: Annotated[list[str] | None, several(Kind, "databases")] = None,
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Steady rounds per figure.")] = 5,
    seconds: Annotated[int, typer.Option(min=1, max=60, help="Duration of a run.")] = 3,
    quick: Annotated[
        bool, typer.Option("--quick", help="Two rounds of one second, without the part history.")
    ] = False,
    against: Annotated[
        str, typer.Option(help="Compare the ratios with this commit instead of the bare route.")
    ] = "",
    at_least: Annotated[
        float, typer.Option(min=0, help="With --against: the bar for now / then.")
    ] = 0.97,
) -> None:
    """Measure one service process on one core.

    Most figures are ratios to a bare Starlette route on the same core. wrk sends signed webhooks
    from a second core, where PostgreSQL runs too. Rounds of the service alternate with rounds of
    the bare route; rounds that other processes disturb do not count.

    With --against, rounds of the working tree alternate with rounds of that commit, and the figure
    is the ratio of their median rates. The commit runs in a temporary folder, with the
    dependencies that are installed now.

    `make bench` takes the same options as variables: PART, MIX, DATABASE, ROUNDS, SECONDS, AGAINST,
    AT_LEAST, and QUICK=1.

    Exits 1 if a figure is below its bar, 2 if nothing can be measured.
    """
    selection = Selection(selected(Part, part), selected(Mix, mix), selected(Kind, database))
    if against and part and selection.parts != [Part.RATIOS]:
        raise typer.BadParameter("only the part ratios can be compared with a commit.")
    if quick:
        rounds, seconds = _QUICK_ROUNDS, _QUICK_SECONDS
        selection = selection if part else selection.without(Part.HISTORY)
    try:
        if against:
            passes = _compare(selection, rounds, seconds, against, at_least)
        else:
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


def _compare(selection: Selection, rounds: int, seconds: int, against: str, bar: float) -> bool:
    commit = find_commit(against)
    with prepare(rounds, seconds, _report) as setup:
        then = setup.folder / "then"
        check_out(commit, then)
        comparisons = list(selection.compare(setup, find_build(then), bar))
    print(f"\nThe working tree (now), compared with {commit[:12]} (then):\n")
    print(comparison_table(comparisons))
    return all(comparison.passes for comparison in comparisons)


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    app()
