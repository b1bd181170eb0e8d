"""When a callback is tried again: the schedule, `Retry-After`, the last try."""

from __future__ import annotations

import pytest

from bot.commands import CallbackSettled
from bot.policy import CALLBACKS_PER_CLIENT
from tests.harness.callbacks import SCHEDULE_MS, only_callback
from tests.harness.constants import DAY_MS, HOUR_MS, SECOND_MS
from tests.harness.decisions import rows_written
from tests.harness.requests import URL, request_and_cancel
from tests.harness.simulation import Simulation


def test_tries_follow_the_schedule_of_standard_webhooks_and_stop_after_ten() -> None:
    sim = Simulation()
    request_and_cancel(sim)

    for tries, wait in enumerate(SCHEDULE_MS, start=1):
        (due,) = sim.sweep_callbacks()
        after = sim.settle_callback(due.id, "retry", "500")
        assert (after.state, after.tries, after.answer) == ("queued", tries, "500")
        assert wait <= after.not_before - sim.now <= 1.2 * wait
        sim.now = after.not_before - 1
        assert sim.sweep_callbacks() == []
        sim.wait(1)
    (due,) = sim.sweep_callbacks()
    assert sim.settle_callback(due.id, "retry", "500").state == "failed"

    sim.wait(30 * DAY_MS)
    assert sim.sweep_callbacks() == []
    assert only_callback(sim).tries == 10


def test_callbacks_that_fail_at_the_same_time_are_retried_at_different_times() -> None:
    sim = Simulation()
    for _ in range(CALLBACKS_PER_CLIENT):
        sim.cancel(sim.request(callback_url=URL).id)
    waits = {sim.settle_callback(one.id, "retry").not_before for one in sim.sweep_callbacks()}

    assert len(waits) > CALLBACKS_PER_CLIENT / 2


@pytest.mark.parametrize(
    ("retry_after", "waited"),
    [
        (0, 5 * SECOND_MS),
        (SECOND_MS, 5 * SECOND_MS),
        (HOUR_MS, HOUR_MS),
        (DAY_MS, DAY_MS),
        (400 * DAY_MS, DAY_MS),
    ],
)
def test_retry_after_is_honoured_up_to_a_day_and_never_shortens_the_wait(
    retry_after: int, waited: int
) -> None:
    sim = Simulation()
    request_and_cancel(sim)
    (due,) = sim.sweep_callbacks()

    after = sim.settle_callback(due.id, "retry", "503", retry_after=retry_after)

    assert waited <= after.not_before - sim.now <= max(1.2 * 5 * SECOND_MS, waited)


def test_retry_after_does_not_add_a_try() -> None:
    sim = Simulation()
    request_and_cancel(sim)
    for _ in range(10):
        (due,) = sim.sweep_callbacks()
        sim.settle_callback(due.id, "retry", "503", retry_after=DAY_MS)
        sim.wait(2 * DAY_MS)

    assert only_callback(sim).state == "failed"


def test_later_reports_on_a_delivered_callback_change_nothing() -> None:
    sim = Simulation()
    request_and_cancel(sim)
    (due,) = sim.sweep_callbacks()

    assert sim.settle_callback(due.id, "delivered", "204").state == "delivered"
    for outcome in ("retry", "gone", "delivered"):
        assert sim.settle_callback(due.id, outcome, "late") == only_callback(sim)
        assert (only_callback(sim).tries, only_callback(sim).answer) == (1, "204")
    sim.wait(DAY_MS)
    assert sim.sweep_callbacks() == []
    assert sim.store.endpoints == {}


def test_a_report_on_an_unknown_callback_changes_nothing() -> None:
    sim = Simulation()
    (decision,) = sim.decide(CallbackSettled("evt_unknown", "gone", "410"))

    assert rows_written(decision) == []
