"""A process died: what it had leased goes out at once."""

from __future__ import annotations

import pytest

from bot.commands import HoldersLost
from tests.harness.constants import MINUTE_MS, SECOND_MS
from tests.harness.outbox import code_queued
from tests.harness.requests import request_and_cancel
from tests.harness.simulation import Simulation


def test_a_message_of_a_dead_process_is_leased_at_once() -> None:
    sim, message = code_queued()
    dead, sim.slots.owner = sim.slots.owner, "the next process"

    sim.carry_out(HoldersLost((str(dead),)))

    taken = sim.store.messages[message.id]
    assert taken.lease_owner == "the next process"
    assert taken.lease_until == sim.now + 6 * SECOND_MS


def test_a_message_of_a_living_process_stays_with_it() -> None:
    sim, message = code_queued()
    holder, sim.slots.owner = sim.slots.owner, "the next process"

    sim.carry_out(HoldersLost(("another dead process",)))

    assert sim.store.messages[message.id].lease_owner == holder


@pytest.mark.parametrize("cause", ["no free slot", "too late to send"])
def test_what_cannot_be_taken_over_is_left_to_the_sweep(cause: str) -> None:
    sim, message = code_queued()
    dead, sim.slots.owner = sim.slots.owner, "the next process"
    if cause == "no free slot":
        sim.slots.owner = None
    else:
        sim.wait(5 * MINUTE_MS)

    sim.carry_out(HoldersLost((str(dead),)))

    freed = sim.store.messages[message.id]
    assert (freed.lease_owner, freed.lease_until) == (None, 0)


def test_a_callback_of_a_dead_process_is_due_for_the_next_sweep() -> None:
    sim = Simulation()
    request_and_cancel(sim)
    (first,) = sim.sweep_callbacks("dead")
    assert sim.sweep_callbacks("alive") == []

    sim.carry_out(HoldersLost(("dead",)))

    (again,) = sim.sweep_callbacks("alive")
    assert (again.id, again.lease_owner) == (first.id, "alive")
