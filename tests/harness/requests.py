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
    World,
)

URL, OTHER_URL = "https://shop.example/hook", "https://shop.example/other"
ADDRESS = "203.0.113.9"
#: Standard Webhooks 1.0, between one try and the next.
WAITS = [5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS] + [
    hours * HOUR_MS for hours in (2, 5, 10, 14, 20, 24)
]


def sms(world: World, **members: Any) -> Verification:
    return world.request("sms", PHONE, callback_url=URL, **members)


def claimed(world: World, **members: Any) -> Verification:
    opened = world.request(callback_url=URL, **members)
    world.text(f"LOGIN {opened.ref}")
    return world.verification(opened.id)


def told(world: World) -> list[str]:
    """The events so far, in order."""
    return [one.type.removeprefix("verification.") for one in world.tables.callbacks.values()]


def only(world: World) -> Callback:
    (callback,) = world.tables.callbacks.values()
    return callback


def told_of(callback: Callback) -> Verification:
    return json.decode(callback.snapshot, type=Verification)


def canceled(world: World) -> Verification:
    asked = sms(world)
    world.cancel(asked.id)
    return asked
