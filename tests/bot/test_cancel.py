"""A web app cancels a verification."""

from __future__ import annotations

from bot.commands import Access, CancelRequested
from bot.outcomes import AlreadyFinished, Found
from tests.harness.callbacks import callback_types
from tests.harness.constants import MINUTE_MS, OTHER_PHONE, SHOP
from tests.harness.requests import request_and_cancel, request_and_claim, request_sms
from tests.harness.simulation import Simulation


def test_cancel_ends_the_verification_and_its_code_and_sends_nothing() -> None:
    sim = Simulation()
    requested = request_and_claim(sim)
    code, sent = sim.code_of(requested), len(sim.sent)

    outcome = sim.cancel(requested.id)

    assert isinstance(outcome, Found)
    assert (outcome.verification.status, outcome.verification.awaiting) == ("canceled", None)
    assert outcome.verification.completed_at == sim.now
    assert len(sim.sent) == sent
    sim.text(code)
    assert sim.check(requested.id, code) == AlreadyFinished("canceled")
    assert sim.verification(requested.id).status == "canceled"


def test_cancel_withdraws_a_code_that_is_still_queued() -> None:
    sim = Simulation()
    sim.sending_paused = True
    requested = request_sms(sim)
    sim.cancel(requested.id, client=None)

    assert sim.message_of(requested).state == "withdrawn"


def test_canceling_a_finished_verification_returns_its_status() -> None:
    sim = Simulation()
    assert sim.cancel(request_and_cancel(sim).id) == AlreadyFinished("canceled")
    requested = sim.request()
    sim.wait(15 * MINUTE_MS)
    assert sim.cancel(requested.id) == AlreadyFinished("expired")
    assert sim.cancel(sim.complete_login(OTHER_PHONE).id) == AlreadyFinished("approved")


def test_the_first_of_an_approval_and_a_cancellation_in_one_batch_counts() -> None:
    for status in ("approved", "canceled"):
        sim = Simulation()
        requested = request_sms(sim)
        approve = sim.check_command(requested.id, sim.code_of(requested))
        cancel = CancelRequested(requested.id, Access(SHOP))

        both = (approve, cancel) if status == "approved" else (cancel, approve)
        _, second = sim.carry_out(*both)

        assert second == AlreadyFinished(sim.verification(requested.id).status)
        assert callback_types(sim) == [status]
