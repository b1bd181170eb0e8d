"""Alarms in the log."""

from __future__ import annotations

import logging

import pytest

from bot.events import CeilingNear, ConversionLow, Event, SprayingNoticed
from storage.commit import Commit
from webhooks.ops.alarms import watch


def test_a_ceiling_that_is_nearly_used_up_is_a_warning_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    line = line_of(CeilingNear("codes_per_day_total", 8000, 10_000), caplog)

    assert "CODES_PER_DAY_TOTAL: 8000 of 10000 are used" in line


def test_guessing_at_many_phones_is_a_warning_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert "50 of the 60 codes" in line_of(SprayingNoticed(50, 60), caplog)


def test_an_hour_in_which_few_codes_approve_is_a_warning_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert "Only 3 of the 20 codes" in line_of(ConversionLow(20, 3), caplog)


def line_of(event: Event, caplog: pytest.LogCaptureFixture) -> str:
    """The one line that this event causes, a warning."""
    with caplog.at_level(logging.WARNING, "textlogin.alarms"):
        watch(Commit(0, (), (), (), (), (event,)))
        watch(Commit(0, (), (), (), (), ()))
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    return record.getMessage()
