"""The callbacks that a simulation has made so far."""

from __future__ import annotations

from msgspec import json

from bot.records import Callback, Verification
from tests.harness.constants import HOUR_MS, MINUTE_MS, SECOND_MS
from tests.harness.simulation import Simulation

#: Standard Webhooks 1.0: the waits between tries.
SCHEDULE_MS = [5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS] + [
    hours * HOUR_MS for hours in (2, 5, 10, 14, 20, 24)
]


def callback_types(sim: Simulation) -> list[str]:
    """`approved`, `denied` and so on, oldest first."""
    return [one.type.removeprefix("verification.") for one in sim.store.callbacks.values()]


def only_callback(sim: Simulation) -> Callback:
    """The only callback."""
    (callback,) = sim.store.callbacks.values()
    return callback


def verification_in(callback: Callback) -> Verification:
    """The verification in the callback."""
    return json.decode(callback.snapshot, type=Verification)
