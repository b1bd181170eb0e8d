"""A request that its web app ends."""

from __future__ import annotations

from bot.commands import (
    Access,
    CancelRequested,
    CodeChecked,
)
from bot.outcomes import AlreadyFinished, Found
from tests.harness.requests import canceled, claimed, sms, told
from tests.harness.simulation import (
    MINUTE_MS,
    OTHER_PHONE,
    SHOP,
    Simulation,
)


def test_cancel_ends_it_and_its_code_and_sends_nothing() -> None:
    sim = Simulation()
    asked = claimed(sim)
    code, sent = sim.code_of(asked), len(sim.sent)

    outcome = sim.cancel(asked.id)

    assert isinstance(outcome, Found)
    assert (outcome.verification.status, outcome.verification.awaiting) == ("canceled", None)
    assert outcome.verification.completed_at == sim.now
    assert len(sim.sent) == sent
    sim.text(code)
    assert sim.check(asked.id, code) == AlreadyFinished("canceled")
    assert sim.verification(asked.id).status == "canceled"


def test_a_canceled_code_that_is_not_out_yet_stays_here() -> None:
    sim = Simulation()
    sim.paused = True
    asked = sms(sim)
    sim.cancel(asked.id, client=None)

    assert sim.message_of(asked).state == "withdrawn"


def test_canceling_twice_or_too_late_says_how_it_ended() -> None:
    sim = Simulation()
    assert sim.cancel(canceled(sim).id) == AlreadyFinished("canceled")
    asked = sim.request()
    sim.wait(15 * MINUTE_MS)
    assert sim.cancel(asked.id) == AlreadyFinished("expired")
    assert sim.cancel(sim.approved(OTHER_PHONE).id) == AlreadyFinished("approved")


def test_an_approval_and_a_cancellation_at_once_make_one_end() -> None:
    for first, second in ((0, 1), (1, 0)):
        sim = Simulation()
        asked = sms(sim)
        commands: list[CodeChecked | CancelRequested] = [
            CodeChecked(asked.id, Access(SHOP), sim.code_of(asked)),
            CancelRequested(asked.id, Access(SHOP)),
        ]
        outcomes = sim.carry_out(commands[first], commands[second])
        ended = sim.verification(asked.id).status
        assert outcomes[1] == AlreadyFinished(ended)
        assert told(sim) == [ended]
