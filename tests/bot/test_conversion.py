"""The operator is told when few codes of an hour approve."""

from __future__ import annotations

from typing import Any

from bot.events import ConversionLow
from bot.records import HOUR_MS, Usage
from tests.harness.constants import MINUTE_MS, PHONE
from tests.harness.simulation import Simulation


def told(sim: Simulation, words: str = "LOGIN", phone: str = PHONE) -> list[Any]:
    """The alarms of a text."""
    (decision,) = sim.decide(sim.text_command(words, phone))
    sim.apply(decision)
    return [one for one in decision.events if isinstance(one, ConversionLow)]


def after_an_hour_with(codes: int, approved: int, minutes: int = 5) -> Simulation:
    """So many minutes into the hour after one with so many codes and approvals."""
    sim = Simulation()
    hour = sim.now // HOUR_MS
    sim.store.usage[hour] = Usage(hour, codes=codes, texts=codes, right_codes=approved)
    sim.now = (hour + 1) * HOUR_MS + minutes * MINUTE_MS
    return sim


def test_an_hour_of_twenty_codes_with_three_approvals_is_told() -> None:
    assert told(after_an_hour_with(20, 3)) == [ConversionLow(20, 3)]


def test_a_fifth_is_enough_and_few_codes_tell_nothing() -> None:
    assert told(after_an_hour_with(20, 4)) == []
    assert told(after_an_hour_with(19, 0)) == []


def test_it_is_told_once_an_hour() -> None:
    sim = after_an_hour_with(1000, 0)

    assert told(sim) == [ConversionLow(1000, 0)]
    assert told(sim, phone="+14155550999") == []
    assert told(sim, "HELP") == []


def test_codes_that_are_still_out_are_waited_for() -> None:
    sim = after_an_hour_with(20, 3, minutes=4)
    assert told(sim) == []
    sim.wait(MINUTE_MS)

    assert told(sim, "HELP") == [ConversionLow(20, 3)]


def test_an_approval_after_the_hour_by_a_code_of_the_hour_counts() -> None:
    sim = after_an_hour_with(20, 3, minutes=1)
    sim.complete_login()
    sim.wait(4 * MINUTE_MS)

    assert told(sim, "HELP") == []
