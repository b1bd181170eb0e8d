"""Verifications that a web app requests with a callback URL."""

from __future__ import annotations

from typing import Any

from bot.records import Verification
from tests.harness.constants import PHONE
from tests.harness.simulation import Simulation

URL, OTHER_URL = "https://shop.example/hook", "https://shop.example/other"


def request_sms(sim: Simulation, **members: Any) -> Verification:
    """One that sends its code at once, to be typed on the page."""
    return sim.request("sms", PHONE, callback_url=URL, **members)


def request_and_claim(sim: Simulation, **members: Any) -> Verification:
    """One whose ref the phone has texted."""
    opened = sim.request(callback_url=URL, **members)
    sim.text(f"LOGIN {opened.ref}")
    return sim.verification(opened.id)


def request_and_cancel(sim: Simulation) -> Verification:
    """One that the web app has canceled; returned as it was before."""
    requested = request_sms(sim)
    sim.cancel(requested.id)
    return requested
