"""Telnyx's receipts: what became of a message that Telnyx accepted."""

from __future__ import annotations

from itertools import permutations

import pytest

from bot.commands import DeliveryReported, EventIgnored, MessageSettled
from bot.outcomes import Duplicate, Limited, Recorded
from bot.policy import SEND_ROUNDS
from bot.telnyx_errors import OPERATOR, TRANSIENT
from tests.harness.constants import MINUTE_MS, PHONE, SECOND_MS
from tests.harness.decisions import rows_written
from tests.harness.outbox import code_queued, code_sent, delivery
from tests.harness.sent_texts import kinds
from tests.harness.simulation import Simulation


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("queued", "sent"),
        ("sending", "sent"),
        ("sent", "sent"),
        ("delivery_unconfirmed", "sent"),
        ("delivered", "delivered"),
        ("sending_failed", "failed"),
        ("delivery_failed", "failed"),
        ("expired", "failed"),
        ("a future status", "sent"),
    ],
)
def test_telnyxs_status_in_a_receipt_maps_to_our_delivery(status: str, expected: str) -> None:
    sim, _, provider_id = code_sent()

    sim.receive_receipt(provider_id, status)

    assert delivery(sim) == expected
    assert sim.verifications()[0].status == "pending"


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "delivery_failed"])))
def test_receipts_count_by_rank_and_not_by_order_of_arrival(order: tuple[str, ...]) -> None:
    sim, _, provider_id = code_sent()

    for status in order:
        sim.receive_receipt(provider_id, status)

    assert delivery(sim) == "delivered"


def test_a_duplicate_receipt_changes_nothing() -> None:
    sim, _, provider_id = code_sent()
    receipt = DeliveryReported("event-r", provider_id, "delivered")
    assert sim.carry_out(receipt) == [Recorded()]

    (again,) = sim.decide(receipt)

    assert again.outcome == Duplicate()
    assert rows_written(again) == []


@pytest.mark.parametrize("status", ["sent", "delivered", "delivery_failed"])
def test_another_receipt_with_the_same_status_is_only_recorded(status: str) -> None:
    sim, _, provider_id = code_sent()
    sim.receive_receipt(provider_id, status)

    (decision,) = sim.decide(DeliveryReported("event-s", provider_id, status))

    assert [type(row).__name__ for row in rows_written(decision)] == ["WebhookEvent"]


def test_receipts_for_an_older_code_do_not_change_the_verification() -> None:
    sim, _, provider_id = code_sent()
    sim.wait(61 * SECOND_MS)
    sim.text("RESEND")
    before = sim.verifications()

    for status, error in (("delivered", None), ("delivery_failed", "40001")):
        sim.receive_receipt(provider_id, status, error)

    assert sim.verifications() == before


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered"])))
def test_receipts_before_the_senders_report_are_applied_with_the_report(
    order: tuple[str, ...],
) -> None:
    sim, message = code_queued()
    for nth, status in enumerate(order):
        sim.carry_out(DeliveryReported(f"event-{nth}", "early", status))
    assert delivery(sim) == "queued"
    assert all(event.unmatched for event in list(sim.store.events.values())[-2:])

    sim.carry_out(MessageSettled(message.id, "sent", "early"))

    assert delivery(sim) == "delivered"
    assert not any(event.unmatched for event in sim.store.events.values())


def test_a_receipt_before_the_senders_report_may_fail_the_verification() -> None:
    sim, message = code_queued()
    sim.carry_out(DeliveryReported("event-0", "early", "delivery_failed", "40001"))

    sim.carry_out(MessageSettled(message.id, "sent", "early"))

    (ended,) = sim.verifications()
    assert (ended.status, ended.reason) == ("failed", "undeliverable")


@pytest.mark.parametrize(("error", "reason"), [("40001", "undeliverable"), ("40300", "opted_out")])
def test_a_receipt_with_a_permanent_error_fails_the_verification(error: str, reason: str) -> None:
    sim, _, provider_id = code_sent()

    sim.receive_receipt(provider_id, "delivery_failed", error)

    (ended,) = sim.verifications()
    assert (ended.status, ended.reason, ended.delivery) == ("failed", reason, "failed")
    assert sim.is_opted_out() == (reason == "opted_out")


def test_a_failed_delivery_does_not_take_an_approval_back() -> None:
    sim, verification, provider_id = code_sent()
    sim.text(sim.code_of(verification))

    sim.receive_receipt(provider_id, "delivery_failed", "40001")

    assert (sim.verifications()[0].status, delivery(sim)) == ("approved", "failed")


@pytest.mark.parametrize("error", [*sorted(OPERATOR), "99999", None])
def test_a_failed_delivery_that_is_not_the_phones_fault_leaves_the_verification_pending(
    error: str | None,
) -> None:
    sim, _, provider_id = code_sent()

    sim.receive_receipt(provider_id, "delivery_failed", error)

    assert (sim.verifications()[0].status, delivery(sim)) == ("pending", "failed")


@pytest.mark.parametrize("error", sorted(OPERATOR))
def test_while_the_operator_has_to_mend_the_sender_the_reason_says_so(error: str) -> None:
    sim, _, provider_id = code_sent()

    sim.receive_receipt(provider_id, "delivery_failed", error)
    assert sim.verifications()[0].reason == "sender_misconfigured"

    sim.wait(61 * SECOND_MS)
    sim.text("RESEND")
    assert sim.verifications()[0].reason is None


def test_the_reason_of_a_mended_sender_ends_with_the_verification() -> None:
    sim, verification, provider_id = code_sent()
    sim.receive_receipt(provider_id, "delivery_failed", "40010")

    sim.text(sim.code_of(verification))

    assert (sim.verifications()[0].status, sim.verifications()[0].reason) == ("approved", None)


def test_a_receipt_without_an_error_of_the_operators_gives_no_reason() -> None:
    sim, _, provider_id = code_sent()

    sim.receive_receipt(provider_id, "delivery_failed", "99999")

    assert sim.verifications()[0].reason is None


@pytest.mark.parametrize("error", sorted(TRANSIENT))
def test_after_a_transient_failure_the_same_code_is_sent_again_a_few_times(error: str) -> None:
    sim, verification, provider_id = code_sent()
    sim.sending_paused = True
    code = sim.code_of(verification)
    for round in range(1, SEND_ROUNDS):
        sim.receive_receipt(provider_id, "delivery_failed", error)
        again = sim.message_of(verification)
        assert (again.state, again.round, again.provider_id) == ("queued", round, None)
        assert again.not_before > sim.now
        assert delivery(sim) == "queued"
        provider_id = sim.settle_message(again.id, "sent")
        assert delivery(sim) == "sent"

    sim.receive_receipt(provider_id, "delivery_failed", error)

    assert (sim.verifications()[0].status, delivery(sim)) == ("pending", "failed")
    assert sim.code_of(verification) == code
    assert kinds(sim.text(code)) == ["approved"]


def test_a_dead_code_is_not_sent_again() -> None:
    sim, verification, provider_id = code_sent()
    sim.wait(5 * MINUTE_MS)

    sim.receive_receipt(provider_id, "delivery_failed", sorted(TRANSIENT)[0])

    assert sim.message_of(verification).state == "sent"
    assert delivery(sim) == "failed"


def test_an_ignored_event_is_recorded_once() -> None:
    sim = Simulation()
    assert sim.carry_out(EventIgnored("event-x")) == [Recorded()]

    (again,) = sim.decide(EventIgnored("event-x"))

    assert (again.outcome, rows_written(again)) == (Duplicate(), [])


@pytest.mark.parametrize("door", ["text", "page"])
def test_a_code_that_is_sent_again_counts_as_a_code_of_its_door(door: str) -> None:
    sim = Simulation(codes_per_10_min=2)
    if door == "text":
        sim.start_login()
        (verification,) = sim.verifications()
    else:
        verification = sim.request("sms", PHONE)
    message = sim.message_of(verification)
    assert message.provider_id is not None
    sim.sending_paused = True
    sim.wait(61 * SECOND_MS)

    sim.receive_receipt(message.provider_id, "delivery_failed", sorted(TRANSIENT)[0])

    assert sim.message_of(verification).state == "queued"
    if door == "text":
        assert kinds(sim.text("RESEND")) == ["wait_minutes"]
        assert isinstance(sim.resend(sim.request("sms", PHONE).id), Limited)
    else:
        refused = sim.try_request("sms", PHONE)
        assert isinstance(refused, Limited)
        assert refused.limit == "codes_per_10_min"


def test_a_code_is_not_sent_again_once_the_phones_codes_are_used_up() -> None:
    sim = Simulation(codes_per_10_min=1)
    sim.start_login()
    (verification,) = sim.verifications()
    message = sim.message_of(verification)
    assert message.provider_id is not None

    sim.receive_receipt(message.provider_id, "delivery_failed", sorted(TRANSIENT)[0])

    assert sim.message_of(verification).state == "sent"
    assert delivery(sim) == "failed"
