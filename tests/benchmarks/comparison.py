"""The throughput of two builds on the same core, compared with each other."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from tests.benchmarks import figures
from tests.benchmarks.build import WORKING_TREE, Build
from tests.benchmarks.databases import Kind
from tests.benchmarks.errors import InvalidRun
from tests.benchmarks.mixes import Mix
from tests.benchmarks.rounds import Rounds
from tests.benchmarks.setup import Setup
from tests.benchmarks.table import table
from tests.benchmarks.throughput import mix_workload

_HEAD = (
    *("figure", "now, 1/s", "then, 1/s", "CPU now, µs", "CPU then, µs"),
    *("ratio", "lowest", "highest", "rounds", "bar", "verdict"),
)


class Comparison(NamedTuple):
    """The rounds of the working tree, each compared with the commit, and the lowest good ratio."""

    name: str
    rounds: Rounds
    bar: float

    @property
    def ratio(self) -> float | None:
        """The median rate now divided by the median rate then, None without rounds."""
        now, then = self.rounds.rate, self.rounds.other_rate
        return None if now is None or then is None else now / then

    @property
    def passes(self) -> bool:
        """Whether the ratio reaches the bar."""
        return self.ratio is not None and self.ratio >= self.bar

    @property
    def verdict(self) -> str:
        """A few words; `disturbed` if there were fewer steady rounds than wanted."""
        if self.ratio is None:
            return "no result"
        return ("good" if self.passes else "BELOW") + (
            ", disturbed" if self.rounds.is_disturbed else ""
        )

    @property
    def row(self) -> tuple[str, ...]:
        """Its line of the table."""
        rounds = self.rounds
        ratios = [one.ratio for one in rounds.counted]
        costs = (rounds.rate, rounds.other_rate, rounds.cpu_us, rounds.other_cpu_us)
        spread = (self.ratio, min(ratios, default=None), max(ratios, default=None))
        return (
            self.name,
            *(_text(cost, ".0f") for cost in costs),
            *(_text(ratio, ".3f") for ratio in spread),
            str(len(ratios)),
            _text(self.bar, ".3f"),
            self.verdict,
        )


def compare(setup: Setup, then: Build, mix: Mix, kind: Kind, bar: float) -> Comparison:
    """One mix on one kind of database; each build has a database of its own."""
    name = figures.THROUGHPUT[mix][kind].name
    setup.report(f"{name}, now and then:")
    urls = [setup.new_database(kind, build) for build in (WORKING_TREE, then)]
    with setup.target(urls[0]) as current, setup.target(urls[1], then) as earlier:
        workload, other = (mix_workload(setup, mix, target) for target in (current, earlier))
        with suppress(InvalidRun):
            other.measure()  # a run to warm up, as the other build has in `alternate`
        return Comparison(name, setup.alternate(workload, other), bar)


def comparison_table(comparisons: list[Comparison]) -> str:
    """One line per figure."""
    return table(_HEAD, [comparison.row for comparison in comparisons])


def _text(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
