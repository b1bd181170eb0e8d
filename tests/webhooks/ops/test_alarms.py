"""Alarms in the log."""

from __future__ import annotations

import logging

import pytest

from bot.events import CeilingNear
from storage.commit import Commit
from webhooks.ops.alarms import watch


def test_a_ceiling_that_is_nearly_used_up_is_a_warning_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    near = CeilingNear("codes_per_day_total", 8000, 10_000)
    with caplog.at_level(logging.WARNING, "textlogin.alarms"):
        watch(Commit(0, (), (), (), (), (near,)))
        watch(Commit(0, (), (), (), (), ()))

    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "CODES_PER_DAY_TOTAL: 8000 of 10000 are used" in record.getMessage()
