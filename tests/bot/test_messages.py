"""What becomes of our messages: the sender's reports, Telnyx's receipts, the outbox's sweep."""

from __future__ import annotations

from itertools import permutations

import pytest
from msgspec.structs import replace

from bot.commands import (
    DeliveryReported,
    EventIgnored,
    LeasesReturned,
    MessageSettled,
    OutboxSwept,
    SendOutcome,
    VerificationRequested,
)
from bot.messages import backoff
from bot.outcomes import Duplicate, Found, Recorded
from bot.policy import SEND_ROUNDS
from bot.records import Message, Verification
from bot.telnyx_errors import OPERATOR, PERMANENT, TRANSIENT, classify
from tests.harness.simulation import (
    MINUTE_MS,
    NUMBER,
    OTHER_PHONE,
    PHONE,
    SECOND_MS,
    SHOP,
    Simulation,
    written,
)


def sent_out() -> tuple[Simulation, Verification, str]:
    """A login whose code Telnyx has taken, and Telnyx's id for it."""
    sim = Simulation()
    sim.login()
    (verification,) = sim.of()
    provider_id = sim.message_of(verification).provider_id
    assert provider_id is not None
    return sim, verification, provider_id


def waiting() -> tuple[Simulation, Message]:
    """A login whose code is still in the outbox."""
    sim = Simulation()
    sim.paused = True
    sim.text("LOGIN")
    return sim, sim.message_of(sim.of()[0])


def delivery(sim: Simulation) -> str | None:
    return sim.of()[-1].delivery


# -- the sender's reports ----------------------------------------------------------------------


def test_a_code_is_queued_and_then_sent() -> None:
    sim, message = waiting()
    assert delivery(sim) == "queued"

    provider_id = sim.settle(message.id, "sent")

    assert delivery(sim) == "sent"
    settled = sim.store.messages[message.id]
    assert (settled.state, settled.provider_id) == ("sent", provider_id)


@pytest.mark.parametrize(
    ("error", "reason"),
    [("40300", "opted_out"), ("40001", "undeliverable"), ("40012", "undeliverable")],
)
def test_a_final_refusal_ends_the_verification(error: str, reason: str) -> None:
    sim, message = waiting()

    sim.settle(message.id, "refused", error)

    (ended,) = sim.of()
    assert (ended.status, ended.reason, ended.delivery) == ("failed", reason, "failed")
    assert ended.seed is None
    assert sim.is_opted_out() == (reason == "opted_out")


@pytest.mark.parametrize("outcome", ["retry", "held"])
def test_a_passing_refusal_leaves_the_message_for_later(outcome: SendOutcome) -> None:
    sim, message = waiting()

    sim.settle(message.id, outcome, "10011")

    later = sim.store.messages[message.id]
    assert (later.state, later.tries, later.lease_owner) == ("queued", 1, None)
    assert later.not_before > sim.now
    assert (sim.of()[0].status, delivery(sim)) == ("pending", "queued")


def test_the_refusal_of_an_older_code_ends_nothing() -> None:
    sim, message = waiting()
    sim.wait(61 * SECOND_MS)
    sim.text("RESEND")

    sim.settle(message.id, "refused", "40001")

    assert (sim.of()[0].status, delivery(sim)) == ("pending", "queued")


def test_the_refusal_of_a_reply_ends_nothing() -> None:
    sim, _ = waiting()
    sim.text("STATUS")
    reply = next(one for one in sim.store.messages.values() if one.kind == "status_awaiting")

    sim.settle(reply.id, "refused", "40001")

    assert sim.of()[0].status == "pending"


def test_a_refusal_after_the_end_changes_no_status() -> None:
    sim, message = waiting()
    sim.text(sim.code_of(sim.of()[0]))
    sim.settle(message.id, "refused", "40001")

    assert sim.of()[0].status == "approved"


def test_a_resend_withdraws_the_code_that_is_not_out() -> None:
    sim, message = waiting()
    sim.wait(61 * SECOND_MS)

    sim.text("RESEND")

    assert sim.store.messages[message.id].state == "withdrawn"
    assert sim.message_of(sim.of()[0]).state == "queued"


@pytest.mark.parametrize("words", ["NO", "STOP"])
def test_a_code_of_what_has_ended_is_withdrawn(words: str) -> None:
    sim, message = waiting()

    sim.text(words)

    assert sim.store.messages[message.id].state == "withdrawn"


def test_a_withdrawn_message_that_went_out_all_the_same_is_sent_and_never_tried_again() -> None:
    sim, message = waiting()
    sim.text("NO")
    sim.settle(message.id, "retry", "10011")
    assert sim.store.messages[message.id].state == "withdrawn"

    sim.settle(message.id, "sent")

    assert sim.store.messages[message.id].state == "sent"
    assert sim.of()[0].status == "denied"


def test_a_second_report_changes_nothing() -> None:
    sim, _, _ = sent_out()
    message = sim.message_of(sim.of()[0])

    (again,) = sim.decide(MessageSettled(message.id, "refused", error="40001"))
    (unknown,) = sim.decide(MessageSettled("msg_none", "sent", "provider-9"))

    assert (written(again), written(unknown)) == ([], [])


# -- receipts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("queued", "sent"),
        ("sending", "sent"),
        ("sent", "sent"),
        ("delivery_unconfirmed", "sent"),
        ("delivered", "delivered"),
        ("sending_failed", "failed"),
        ("delivery_failed", "failed"),
        ("expired", "failed"),
        ("a word of tomorrow", "sent"),
    ],
)
def test_a_receipt_is_shown_in_our_words(status: str, shown: str) -> None:
    sim, _, provider_id = sent_out()

    sim.receipt(provider_id, status)

    assert delivery(sim) == shown
    assert sim.of()[0].status == "pending"


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "delivery_failed"])))
def test_receipts_are_ranked_and_not_taken_by_arrival(order: tuple[str, ...]) -> None:
    sim, _, provider_id = sent_out()

    for status in order:
        sim.receipt(provider_id, status)

    assert delivery(sim) == "delivered"


def test_the_same_receipt_again_changes_nothing() -> None:
    sim, _, provider_id = sent_out()
    receipt = DeliveryReported("event-r", provider_id, "delivered")
    assert sim.carry_out(receipt) == [Recorded()]

    (again,) = sim.decide(receipt)

    assert again.outcome == Duplicate()
    assert written(again) == []


@pytest.mark.parametrize("status", ["sent", "delivered", "delivery_failed"])
def test_another_receipt_of_the_same_meaning_is_recorded_alone(status: str) -> None:
    sim, _, provider_id = sent_out()
    sim.receipt(provider_id, status)

    (decision,) = sim.decide(DeliveryReported("event-s", provider_id, status))

    assert [type(row).__name__ for row in written(decision)] == ["WebhookEvent"]


def test_receipts_of_an_older_code_change_nothing_about_the_verification() -> None:
    sim, _, provider_id = sent_out()
    sim.wait(61 * SECOND_MS)
    sim.text("RESEND")
    before = sim.of()

    for status, error in (("delivered", None), ("delivery_failed", "40001")):
        sim.receipt(provider_id, status, error)

    assert sim.of() == before


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered"])))
def test_receipts_that_overtake_the_report_wait_for_it(order: tuple[str, ...]) -> None:
    sim, message = waiting()
    for turn, status in enumerate(order):
        sim.carry_out(DeliveryReported(f"event-{turn}", "early", status))
    assert delivery(sim) == "queued"
    assert all(event.unmatched for event in list(sim.store.events.values())[-2:])

    sim.carry_out(MessageSettled(message.id, "sent", "early"))

    assert delivery(sim) == "delivered"
    assert not any(event.unmatched for event in sim.store.events.values())


def test_an_early_receipt_may_end_the_verification() -> None:
    sim, message = waiting()
    sim.carry_out(DeliveryReported("event-0", "early", "delivery_failed", "40001"))

    sim.carry_out(MessageSettled(message.id, "sent", "early"))

    (ended,) = sim.of()
    assert (ended.status, ended.reason) == ("failed", "undeliverable")


@pytest.mark.parametrize(("error", "reason"), [("40001", "undeliverable"), ("40300", "opted_out")])
def test_a_final_receipt_ends_the_verification(error: str, reason: str) -> None:
    sim, _, provider_id = sent_out()

    sim.receipt(provider_id, "delivery_failed", error)

    (ended,) = sim.of()
    assert (ended.status, ended.reason, ended.delivery) == ("failed", reason, "failed")
    assert sim.is_opted_out() == (error == "40300")


def test_a_failure_after_the_approval_takes_nothing_back() -> None:
    sim, verification, provider_id = sent_out()
    sim.text(sim.code_of(verification))

    sim.receipt(provider_id, "delivery_failed", "40001")

    assert (sim.of()[0].status, delivery(sim)) == ("approved", "failed")


@pytest.mark.parametrize("error", [*sorted(OPERATOR), "99999", None])
def test_a_failure_that_is_not_the_phones_leaves_the_verification_open(error: str | None) -> None:
    sim, _, provider_id = sent_out()

    sim.receipt(provider_id, "delivery_failed", error)

    assert (sim.of()[0].status, delivery(sim)) == ("pending", "failed")


@pytest.mark.parametrize("error", sorted(TRANSIENT))
def test_a_failure_that_passes_sends_the_same_text_again_a_few_times(error: str) -> None:
    sim, verification, provider_id = sent_out()
    sim.paused = True
    code = sim.code_of(verification)
    for turn in range(1, SEND_ROUNDS):
        sim.receipt(provider_id, "delivery_failed", error)
        again = sim.message_of(verification)
        assert (again.state, again.round, again.provider_id) == ("queued", turn, None)
        assert again.not_before > sim.now
        assert delivery(sim) == "queued"
        provider_id = sim.settle(again.id, "sent")
        assert delivery(sim) == "sent"

    sim.receipt(provider_id, "delivery_failed", error)

    assert (sim.of()[0].status, delivery(sim)) == ("pending", "failed")
    assert sim.code_of(verification) == code
    assert [sent.kind for sent in sim.text(code)] == ["approved"]


def test_a_dead_code_is_not_sent_again() -> None:
    sim, verification, provider_id = sent_out()
    sim.wait(5 * MINUTE_MS)

    sim.receipt(provider_id, "delivery_failed", sorted(TRANSIENT)[0])

    assert sim.message_of(verification).state == "sent"
    assert delivery(sim) == "failed"


def test_an_unknown_event_is_recorded_once() -> None:
    sim = Simulation()
    assert sim.carry_out(EventIgnored("event-x")) == [Recorded()]

    (again,) = sim.decide(EventIgnored("event-x"))

    assert (again.outcome, written(again)) == (Duplicate(), [])


def test_a_page_code_has_a_delivery_too() -> None:
    sim = Simulation()
    sim.refused[PHONE] = "40001"
    command = VerificationRequested(SHOP, "sms", NUMBER, (), phone=PHONE, code_entry="page")

    (outcome,) = sim.carry_out(command)

    assert isinstance(outcome, Found)
    assert outcome.verification.delivery == "queued"
    assert sim.of()[0].reason == "undeliverable"


# -- what a refusal means ----------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(PERMANENT))
def test_an_error_of_the_phone_or_the_words_is_final(code: str) -> None:
    outcomes = {
        classify(status, code, earlier) for status in (400, 422) for earlier in (None, "503")
    }
    assert outcomes == {"refused"}


@pytest.mark.parametrize("code", sorted(OPERATOR))
def test_an_error_of_the_account_is_held(code: str) -> None:
    assert {classify(status, code, None) for status in (400, 401, 403, 422)} == {"held"}


@pytest.mark.parametrize("code", sorted(TRANSIENT))
def test_an_error_that_passes_is_tried_again(code: str) -> None:
    assert {classify(status, code, None) for status in (400, 422, 429, 500)} == {"retry"}


@pytest.mark.parametrize(
    ("status", "earlier", "outcome"),
    [
        (401, None, "held"),
        (403, None, "held"),
        (408, None, "retry"),
        (409, None, "retry"),
        (429, None, "retry"),
        (500, None, "retry"),
        (503, "503", "retry"),
        (400, None, "refused"),
        (422, None, "refused"),
        (422, "unreachable", "sent"),  # another body under a known key: that try was accepted
    ],
)
def test_without_a_known_code_the_http_status_decides(
    status: int, earlier: str | None, outcome: str
) -> None:
    assert classify(status, None, earlier) == outcome
    assert classify(status, "99999", earlier) == outcome


def test_no_error_means_two_things() -> None:
    assert not PERMANENT & TRANSIENT
    assert not PERMANENT & OPERATOR
    assert not TRANSIENT & OPERATOR


def test_waits_double_up_to_a_bound_and_differ_by_message() -> None:
    _, message = waiting()
    waits = [backoff(replace(message, tries=tries)) for tries in range(12)]
    spread = {backoff(replace(message, id=f"msg_{n:02x}")) for n in range(256)}

    assert waits == sorted(waits)
    assert waits[1] in range(2 * waits[0] - 2, 2 * waits[0] + 3)
    assert 375 <= waits[0] <= 625
    assert waits[-1] == waits[-2] <= 10_000
    assert len(spread) > 200


# -- the sweep ---------------------------------------------------------------------------------


def test_what_is_due_and_free_goes_to_the_sweeping_process() -> None:
    sim, message = waiting()
    sim.carry_out(LeasesReturned((message.id,)))
    assert sim.store.messages[message.id].lease_owner is None

    sim.carry_out(OutboxSwept(10))

    swept = sim.store.messages[message.id]
    assert (swept.lease_owner, swept.lease_until) == (sim.slots.owner, sim.now + 6 * SECOND_MS)


def test_what_another_process_holds_stays_there_until_its_lease_ends() -> None:
    sim, message = waiting()
    sim.slots.owner = "another process"
    (early,) = sim.decide(OutboxSwept(10))
    assert written(early) == []

    sim.wait(6 * SECOND_MS)
    sim.carry_out(OutboxSwept(10))

    assert sim.store.messages[message.id].lease_owner == "another process"


def test_what_waits_for_its_next_try_is_not_swept_before_it() -> None:
    sim, message = waiting()
    sim.settle(message.id, "held", "40315")
    (early,) = sim.decide(OutboxSwept(10))
    assert written(early) == []

    sim.now = sim.store.messages[message.id].not_before
    sim.carry_out(OutboxSwept(10))

    assert sim.store.messages[message.id].lease_owner == sim.slots.owner


def test_a_process_without_room_takes_nothing() -> None:
    sim, message = waiting()
    sim.carry_out(LeasesReturned((message.id,)))
    sim.slots.owner = None

    sim.carry_out(OutboxSwept(10))

    assert sim.store.messages[message.id].lease_owner is None


def test_what_is_too_late_goes_nowhere() -> None:
    sim, message = waiting()
    sim.wait(5 * MINUTE_MS)

    sim.carry_out(OutboxSwept(10))

    assert sim.store.messages[message.id].state == "expired"
    assert (sim.of()[0].status, delivery(sim)) == ("pending", "failed")


def test_a_code_may_wait_as_long_as_it_lives_and_another_text_a_minute() -> None:
    sim, message = waiting()
    sim.text("STATUS")
    reply = list(sim.store.messages.values())[-1]

    assert message.send_before == sim.of()[0].code_expires_at
    assert reply.send_before == sim.now + MINUTE_MS


def test_a_phones_text_waits_while_another_process_holds_an_earlier_one() -> None:
    sim, _ = waiting()
    sim.slots.owner = "another process"

    sim.text("STATUS")
    sim.text("STATUS", OTHER_PHONE)

    later, elsewhere = list(sim.store.messages.values())[-2:]
    assert later.lease_owner is None
    assert elsewhere.lease_owner == "another process"


def test_leases_of_what_is_out_are_not_given_back() -> None:
    sim, _, _ = sent_out()
    message = sim.message_of(sim.of()[0])

    (decision,) = sim.decide(LeasesReturned((message.id, "msg_none")))

    assert written(decision) == []
