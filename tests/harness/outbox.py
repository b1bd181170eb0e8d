"""Simulations of one stand-alone login whose code is queued or sent."""

from __future__ import annotations

from bot.records import Message, Verification
from tests.harness.simulation import Simulation


def code_queued() -> tuple[Simulation, Message]:
    """The code is still in the outbox: the simulation and its message."""
    sim = Simulation()
    sim.sending_paused = True
    sim.text("LOGIN")
    return sim, sim.message_of(sim.verifications()[0])


def code_sent() -> tuple[Simulation, Verification, str]:
    """Telnyx has accepted the code: the simulation, the verification and Telnyx's id."""
    sim = Simulation()
    sim.start_login()
    (verification,) = sim.verifications()
    provider_id = sim.message_of(verification).provider_id
    assert provider_id is not None
    return sim, verification, provider_id


def delivery(sim: Simulation) -> str | None:
    """The delivery of the newest verification's code."""
    return sim.verifications()[-1].delivery
