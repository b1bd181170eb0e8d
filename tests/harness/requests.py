"""Requests that want callbacks, and what web apps were told of them."""

from __future__ import annotations

from typing import Any

from msgspec import json

from bot.records import Callback, Verification
from tests.harness.simulation import (
    HOUR_MS,
    MINUTE_MS,
    PHONE,
    SECOND_MS,
    Simulation,
)

URL, OTHER_URL = "https://shop.example/hook", "https://shop.example/other"
ADDRESS = "203.0.113.9"
#: Standard Webhooks 1.0, between one try and the next.
WAITS = [5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS] + [
    hours * HOUR_MS for hours in (2, 5, 10, 14, 20, 24)
]


def sms(sim: Simulation, **members: Any) -> Verification:
    return sim.request("sms", PHONE, callback_url=URL, **members)


def claimed(sim: Simulation, **members: Any) -> Verification:
    opened = sim.request(callback_url=URL, **members)
    sim.text(f"LOGIN {opened.ref}")
    return sim.verification(opened.id)


def told(sim: Simulation) -> list[str]:
    """The events so far, in order."""
    return [one.type.removeprefix("verification.") for one in sim.store.callbacks.values()]


def only(sim: Simulation) -> Callback:
    (callback,) = sim.store.callbacks.values()
    return callback


def told_of(callback: Callback) -> Verification:
    return json.decode(callback.snapshot, type=Verification)


def canceled(sim: Simulation) -> Verification:
    asked = sms(sim)
    sim.cancel(asked.id)
    return asked
