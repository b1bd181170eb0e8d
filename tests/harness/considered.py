"""What a text would do in each state. Nothing is carried out, so that a state is reached once."""

from __future__ import annotations

from functools import cache

from msgspec.structs import replace

from bot.snapshot import Decision
from tests.harness.sent_texts import SentText
from tests.harness.simulation import Simulation
from tests.harness.states import STATES, Scenario


@cache
def reached(state: str) -> Scenario:
    """The scenario of a state. Only to be read."""
    return STATES[state]()


def consider(sim: Simulation, words: str, language: str | None = None) -> Decision:
    """The decision on a text of the simulation's phone, in this language."""
    (decision,) = sim.decide(replace(sim.text_command(words), language=language))
    return decision


def answers(sim: Simulation, decision: Decision) -> list[SentText]:
    """The texts that the phone would get, as it would read them."""
    return [sim.composed(message, decision.rows) for message in decision.rows.messages.values()]


def approved(sim: Simulation, decision: Decision) -> list[str]:
    """The verifications that the decision approves."""
    return [
        id
        for id, one in decision.rows.verifications.items()
        if one.status == "approved" and _status(sim, id) != "approved"
    ]


def changed(sim: Simulation, decision: Decision) -> set[str]:
    """What the decision changes: members of the phone's row, `verification`, `conversation`.
    What time alone has changed is none of it."""
    found = {
        name
        for phone in decision.rows.phones.values()
        for name in phone.__struct_fields__
        if getattr(phone, name) != getattr(sim.phone(phone.phone), name)
    }
    for id, one in decision.rows.verifications.items():
        known = sim.store.verifications.get(id)
        if known is None or replace(one, revision=known.revision) != sim.verification(id):
            found.add("verification")
    return found | ({"conversation"} if decision.rows.conversations else set())


def _status(sim: Simulation, id: str) -> str | None:
    known = sim.store.verifications.get(id)
    return None if known is None else known.status
