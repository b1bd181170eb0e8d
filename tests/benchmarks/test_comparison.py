"""How two builds are compared; no service runs here."""

from __future__ import annotations

import pytest

from tests.benchmarks.comparison import Comparison, comparison_table
from tests.benchmarks.load import Run
from tests.benchmarks.rounds import Round, Rounds
from tests.benchmarks.workload import Sample


def _sample(rate: int, cpu_seconds: float = 0.9, others_seconds: float = 0.0) -> Sample:
    run = Run(answered=rate, refused=0, broken=0, seconds=1.0, p50=8.0, p99=16.0, slowest=20.0)
    return Sample(run, cpu_seconds, others_seconds)


def _round(now: int, then: int) -> Round:
    return Round(_sample(then), _sample(now), _sample(then))


def _compared(*rates: tuple[int, int], bar: float = 0.97, disturbed: bool = False) -> Comparison:
    counted = [_round(now, then) for now, then in rates]
    return Comparison("LOGINs", Rounds(counted, is_disturbed=disturbed), bar)


def test_ratio_is_that_of_the_medians() -> None:
    compared = _compared((100, 100), (200, 400), (300, 150))
    assert compared.ratio == pytest.approx(200 / 150)
    assert compared.rounds.ratio == pytest.approx(1.0)  # the median of the ratios differs


def test_commit_counts_with_the_mean_of_the_runs_around() -> None:
    one = Round(_sample(90), _sample(100), _sample(110))
    assert Comparison("LOGINs", Rounds([one]), 0.97).ratio == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("now", "disturbed", "verdict"),
    [
        (970, False, "good"),
        (1200, False, "good"),
        (969, False, "BELOW"),
        (970, True, "good, disturbed"),
        (969, True, "BELOW, disturbed"),
    ],
)
def test_verdict_is_by_the_bar(now: int, disturbed: bool, verdict: str) -> None:
    compared = _compared((now, 1000), disturbed=disturbed)
    assert compared.verdict == verdict
    assert compared.passes == verdict.startswith("good")


def test_comparison_without_rounds_does_not_pass() -> None:
    compared = _compared()
    assert compared.verdict == "no result"
    assert not compared.passes


def test_table_shows_medians_spread_and_number_of_rounds() -> None:
    compared = _compared((100, 100), (110, 100), (90, 100))
    _, line = comparison_table([compared]).splitlines()
    assert line.split() == [
        *("LOGINs", "100", "100", "9000", "9000"),
        *("1.000", "0.900", "1.100", "3", "0.970", "good"),
    ]


@pytest.mark.parametrize(
    ("before", "measured", "after", "is_steady"),
    [
        (_sample(100), _sample(50), _sample(86), True),
        (_sample(100), _sample(50), _sample(84), False),
        (_sample(100), _sample(50, others_seconds=0.2), _sample(100), False),
        (_sample(100, others_seconds=0.2), _sample(50), _sample(100), False),
    ],
)
def test_disturbed_round_is_recognised(
    before: Sample, measured: Sample, after: Sample, is_steady: bool
) -> None:
    assert Round(before, measured, after).is_steady(saturated=False) is is_steady


def test_unsaturated_reference_makes_a_round_disturbed() -> None:
    idle = _sample(100, cpu_seconds=0.5)
    assert not Round(idle, _sample(50), idle).is_steady(saturated=True)
