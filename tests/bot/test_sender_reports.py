"""The sender's report on one try: sent, refused, or to be tried later."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.commands import MessageSettled, SendOutcome, VerificationRequested
from bot.messages import backoff
from bot.outcomes import Found
from tests.harness.constants import NUMBER, PHONE, SECOND_MS, SHOP
from tests.harness.decisions import rows_written
from tests.harness.outbox import code_queued, code_sent, delivery
from tests.harness.simulation import Simulation


def test_a_code_is_queued_and_then_sent() -> None:
    sim, message = code_queued()
    assert delivery(sim) == "queued"

    provider_id = sim.settle_message(message.id, "sent")

    assert delivery(sim) == "sent"
    settled = sim.store.messages[message.id]
    assert (settled.state, settled.provider_id) == ("sent", provider_id)


@pytest.mark.parametrize(
    ("error", "reason"),
    [("40300", "opted_out"), ("40001", "undeliverable"), ("40012", "undeliverable")],
)
def test_a_permanent_refusal_fails_the_verification(error: str, reason: str) -> None:
    sim, message = code_queued()

    sim.settle_message(message.id, "refused", error)

    (ended,) = sim.verifications()
    assert (ended.status, ended.reason, ended.delivery) == ("failed", reason, "failed")
    assert ended.seed is None
    assert sim.is_opted_out() == (reason == "opted_out")


@pytest.mark.parametrize("outcome", ["retry", "held"])
def test_a_refusal_that_may_pass_keeps_the_message_queued_for_later(outcome: SendOutcome) -> None:
    sim, message = code_queued()

    sim.settle_message(message.id, outcome, "10011")

    later = sim.store.messages[message.id]
    assert (later.state, later.tries, later.lease_owner) == ("queued", 1, None)
    assert later.not_before > sim.now
    assert (sim.verifications()[0].status, delivery(sim)) == ("pending", "queued")


def test_a_text_that_waits_for_the_operator_gives_the_reason_until_it_is_sent() -> None:
    sim, message = code_queued()
    sim.settle_message(message.id, "held", "20002")
    first = sim.verifications()[0]
    assert (first.status, first.reason) == ("pending", "sender_misconfigured")

    sim.settle_message(message.id, "held", "20002")
    assert sim.verifications()[0] == first  # the same again wakes nobody

    sim.settle_message(message.id, "sent")
    assert (sim.verifications()[0].reason, delivery(sim)) == (None, "sent")


def test_the_refusal_of_an_older_code_does_not_end_the_verification() -> None:
    sim, message = code_queued()
    sim.wait(61 * SECOND_MS)
    sim.text("RESEND")

    sim.settle_message(message.id, "refused", "40001")

    assert (sim.verifications()[0].status, delivery(sim)) == ("pending", "queued")


def test_the_refusal_of_another_text_does_not_end_the_verification() -> None:
    sim, _ = code_queued()
    sim.text("STATUS")
    reply = next(one for one in sim.store.messages.values() if one.kind == "status_awaiting")

    sim.settle_message(reply.id, "refused", "40001")

    assert sim.verifications()[0].status == "pending"


def test_a_refusal_after_the_approval_does_not_change_the_status() -> None:
    sim, message = code_queued()
    sim.text(sim.code_of(sim.verifications()[0]))
    sim.settle_message(message.id, "refused", "40001")

    assert sim.verifications()[0].status == "approved"


def test_resend_withdraws_the_code_that_is_still_queued() -> None:
    sim, message = code_queued()
    sim.wait(61 * SECOND_MS)

    sim.text("RESEND")

    assert sim.store.messages[message.id].state == "withdrawn"
    assert sim.message_of(sim.verifications()[0]).state == "queued"


@pytest.mark.parametrize("words", ["NO", "STOP"])
def test_the_queued_code_of_a_verification_that_ends_is_withdrawn(words: str) -> None:
    sim, message = code_queued()

    sim.text(words)

    assert sim.store.messages[message.id].state == "withdrawn"


def test_a_withdrawn_message_is_never_retried_and_is_recorded_as_sent_if_it_was() -> None:
    sim, message = code_queued()
    sim.text("NO")
    sim.settle_message(message.id, "retry", "10011")
    assert sim.store.messages[message.id].state == "withdrawn"

    sim.settle_message(message.id, "sent")

    assert sim.store.messages[message.id].state == "sent"
    assert sim.verifications()[0].status == "denied"


def test_a_second_report_and_one_on_an_unknown_message_change_nothing() -> None:
    sim, _, _ = code_sent()
    message = sim.message_of(sim.verifications()[0])

    (again,) = sim.decide(MessageSettled(message.id, "refused", error="40001"))
    (unknown,) = sim.decide(MessageSettled("msg_none", "sent", "provider-9"))

    assert (rows_written(again), rows_written(unknown)) == ([], [])


def test_a_page_code_that_telnyx_refuses_fails_its_verification_too() -> None:
    sim = Simulation()
    sim.send_errors[PHONE] = "40001"
    command = VerificationRequested(SHOP, "sms", NUMBER, (), phone=PHONE, code_entry="page")

    (outcome,) = sim.carry_out(command)

    assert isinstance(outcome, Found)
    assert outcome.verification.delivery == "queued"
    assert sim.verifications()[0].reason == "undeliverable"


def test_backoff_doubles_up_to_a_bound_and_differs_by_message() -> None:
    _, message = code_queued()
    waits = [backoff(replace(message, tries=tries)) for tries in range(12)]
    spread = {backoff(replace(message, id=f"msg_{n:02x}")) for n in range(256)}

    assert waits == sorted(waits)
    assert waits[1] in range(2 * waits[0] - 2, 2 * waits[0] + 3)
    assert 375 <= waits[0] <= 625
    assert waits[-1] == waits[-2] <= 10_000
    assert len(spread) > 200
