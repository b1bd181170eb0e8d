"""The parts of the benchmarks, and what is selected from them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from tests.benchmarks import end_to_end, first_page, startup
from tests.benchmarks.build import Build
from tests.benchmarks.comparison import Comparison, compare
from tests.benchmarks.databases import Kind
from tests.benchmarks.figures import Measurement
from tests.benchmarks.mixes import Mix
from tests.benchmarks.polls import Polls
from tests.benchmarks.setup import Setup
from tests.benchmarks.throughput import Throughput
from tests.benchmarks.waiting_polls import WaitingPolls


class Part(StrEnum):
    """The names of the parts."""

    RATIOS = "ratios"
    LATENCY = "latency"
    POLLS = "polls"
    WAITING = "waiting"
    PAGES = "pages"
    HISTORY = "history"
    END_TO_END = "end-to-end"
    START = "start"


class Selection(NamedTuple):
    """What is to be measured; `mixes` are those of the ratios."""

    parts: list[Part]
    mixes: list[Mix]
    kinds: list[Kind]

    def without(self, part: Part) -> Selection:
        """The same without one part."""
        return self._replace(parts=[one for one in self.parts if one is not part])

    def measure(self, setup: Setup) -> Iterator[Measurement]:
        """The figures of the selected parts."""
        yield from self._throughput(Throughput(setup))
        if Part.POLLS in self.parts:
            yield from Polls(setup).measure(self.kinds)
        if Part.WAITING in self.parts:
            yield from WaitingPolls(setup).measure()
        if Part.PAGES in self.parts:
            yield from first_page.measure(setup)
        if Part.HISTORY in self.parts:
            yield from Throughput(setup).history()
        if Part.END_TO_END in self.parts:
            yield from end_to_end.measure(setup)
        if Part.START in self.parts:
            yield from startup.measure(setup)

    def compare(self, setup: Setup, then: Build, bar: float) -> Iterator[Comparison]:
        """The ratios of the working tree to another build."""
        for kind in self.kinds:
            for mix in self.mixes:
                yield compare(setup, then, mix, kind, bar)

    def _throughput(self, throughput: Throughput) -> Iterator[Measurement]:
        for kind in self.kinds:
            if Part.RATIOS in self.parts:
                for mix in self.mixes:
                    yield from throughput.ratio(mix, kind)
            if Part.LATENCY in self.parts:
                yield from throughput.latency(kind)
