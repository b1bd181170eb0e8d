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
    World,
)


def test_cancel_ends_it_and_its_code_and_sends_nothing() -> None:
    world = World()
    asked = claimed(world)
    code, sent = world.code_of(asked), len(world.sent)

    outcome = world.cancel(asked.id)

    assert isinstance(outcome, Found)
    assert (outcome.verification.status, outcome.verification.awaiting) == ("canceled", None)
    assert outcome.verification.completed_at == world.now
    assert len(world.sent) == sent
    world.text(code)
    assert world.check(asked.id, code) == AlreadyFinished("canceled")
    assert world.verification(asked.id).status == "canceled"


def test_a_canceled_code_that_is_not_out_yet_stays_here() -> None:
    world = World()
    world.paused = True
    asked = sms(world)
    world.cancel(asked.id, client=None)

    assert world.message_of(asked).state == "withdrawn"


def test_canceling_twice_or_too_late_says_how_it_ended() -> None:
    world = World()
    assert world.cancel(canceled(world).id) == AlreadyFinished("canceled")
    asked = world.request()
    world.wait(15 * MINUTE_MS)
    assert world.cancel(asked.id) == AlreadyFinished("expired")
    assert world.cancel(world.approved(OTHER_PHONE).id) == AlreadyFinished("approved")


def test_an_approval_and_a_cancellation_at_once_make_one_end() -> None:
    for first, second in ((0, 1), (1, 0)):
        world = World()
        asked = sms(world)
        commands: list[CodeChecked | CancelRequested] = [
            CodeChecked(asked.id, Access(SHOP), world.code_of(asked)),
            CancelRequested(asked.id, Access(SHOP)),
        ]
        outcomes = world.carry_out(commands[first], commands[second])
        ended = world.verification(asked.id).status
        assert outcomes[1] == AlreadyFinished(ended)
        assert told(world) == [ended]
