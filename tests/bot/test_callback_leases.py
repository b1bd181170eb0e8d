"""A due callback is leased to one process, which alone may send it."""

from __future__ import annotations

import pytest

from bot.commands import CallbackOutcome, CallbackSettled, CallbacksSwept
from bot.policy import CALLBACK_LEASE_MS
from tests.harness.callbacks import only_callback
from tests.harness.requests import URL, request_and_cancel
from tests.harness.simulation import Simulation


def test_a_leased_callback_is_not_leased_to_another_process_until_its_lease_ends() -> None:
    sim = Simulation()
    request_and_cancel(sim)
    (first,) = sim.sweep_callbacks("one")
    assert (first.lease_owner, first.lease_until) == ("one", sim.now + CALLBACK_LEASE_MS)

    sim.wait(CALLBACK_LEASE_MS - 1)
    assert sim.sweep_callbacks("another") == []
    sim.wait(1)
    (later,) = sim.sweep_callbacks("another")
    assert (later.id, later.lease_owner) == (first.id, "another")


def test_a_report_ends_the_lease() -> None:
    sim = Simulation()
    request_and_cancel(sim)
    (due,) = sim.sweep_callbacks("one")
    after = sim.settle_callback(due.id, "retry")

    assert (after.lease_owner, after.lease_until) == (None, 0)
    sim.now = after.not_before
    assert [one.id for one in sim.sweep_callbacks("another")] == [due.id]


def test_a_sweep_leases_the_oldest_callbacks_that_it_has_room_for() -> None:
    sim = Simulation()
    for _ in range(5):
        sim.cancel(sim.request(callback_url=URL).id)
        sim.wait(1)
    ids = list(sim.store.callbacks)

    assert [one.id for one in sim.sweep_callbacks(room=2)] == ids[:2]
    assert [one.id for one in sim.sweep_callbacks(room=9)] == ids[2:]


@pytest.mark.parametrize("outcome", ["delivered", "gone", "retry"])
def test_a_sweep_does_not_lease_a_callback_that_the_same_batch_has_settled(
    outcome: CallbackOutcome,
) -> None:
    sim = Simulation()
    request_and_cancel(sim)
    (due,) = sim.sweep_callbacks()
    sim.wait(CALLBACK_LEASE_MS)

    sim.carry_out(CallbackSettled(due.id, outcome, "-"), CallbacksSwept("another", 9))

    assert only_callback(sim).lease_owner is None
    assert sim.sweep_callbacks() == []
