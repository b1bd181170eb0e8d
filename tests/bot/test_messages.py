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
from bot.messages import OURS, PASSING, PERMANENT, backoff, classify
from bot.outcomes import Duplicate, Found, Recorded
from bot.policy import SEND_ROUNDS
from bot.records import Message, Verification
from tests.harness.simulation import (
    MINUTE_MS,
    NUMBER,
    OTHER_PHONE,
    PHONE,
    SECOND_MS,
    SHOP,
    World,
    changes,
)


def sent_out() -> tuple[World, Verification, str]:
    """A login whose code Telnyx has taken, and Telnyx's id for it."""
    world = World()
    world.login()
    (verification,) = world.of()
    provider_id = world.message_of(verification).provider_id
    assert provider_id is not None
    return world, verification, provider_id


def waiting() -> tuple[World, Message]:
    """A login whose code is still in the outbox."""
    world = World()
    world.paused = True
    world.text("LOGIN")
    return world, world.message_of(world.of()[0])


def delivery(world: World) -> str | None:
    return world.of()[-1].delivery


# -- the sender's reports ----------------------------------------------------------------------


def test_a_code_is_queued_and_then_sent() -> None:
    world, message = waiting()
    assert delivery(world) == "queued"

    provider_id = world.settle(message.id, "sent")

    assert delivery(world) == "sent"
    settled = world.tables.messages[message.id]
    assert (settled.state, settled.provider_id) == ("sent", provider_id)


@pytest.mark.parametrize(
    ("error", "reason"),
    [("40300", "opted_out"), ("40001", "undeliverable"), ("40012", "undeliverable")],
)
def test_a_final_refusal_ends_the_verification(error: str, reason: str) -> None:
    world, message = waiting()

    world.settle(message.id, "refused", error)

    (ended,) = world.of()
    assert (ended.status, ended.reason, ended.delivery) == ("failed", reason, "failed")
    assert ended.seed is None
    assert world.is_opted_out() == (reason == "opted_out")


@pytest.mark.parametrize("outcome", ["retry", "held"])
def test_a_passing_refusal_leaves_the_message_for_later(outcome: SendOutcome) -> None:
    world, message = waiting()

    world.settle(message.id, outcome, "10011")

    later = world.tables.messages[message.id]
    assert (later.state, later.tries, later.lease_owner) == ("queued", 1, None)
    assert later.not_before > world.now
    assert (world.of()[0].status, delivery(world)) == ("pending", "queued")


def test_the_refusal_of_an_older_code_ends_nothing() -> None:
    world, message = waiting()
    world.wait(61 * SECOND_MS)
    world.text("RESEND")

    world.settle(message.id, "refused", "40001")

    assert (world.of()[0].status, delivery(world)) == ("pending", "queued")


def test_the_refusal_of_a_reply_ends_nothing() -> None:
    world, _ = waiting()
    world.text("STATUS")
    reply = next(one for one in world.tables.messages.values() if one.kind == "status_awaiting")

    world.settle(reply.id, "refused", "40001")

    assert world.of()[0].status == "pending"


def test_a_refusal_after_the_end_changes_no_status() -> None:
    world, message = waiting()
    world.text(world.code_of(world.of()[0]))
    world.settle(message.id, "refused", "40001")

    assert world.of()[0].status == "approved"


def test_a_resend_withdraws_the_code_that_is_not_out() -> None:
    world, message = waiting()
    world.wait(61 * SECOND_MS)

    world.text("RESEND")

    assert world.tables.messages[message.id].state == "withdrawn"
    assert world.message_of(world.of()[0]).state == "queued"


@pytest.mark.parametrize("words", ["NO", "STOP"])
def test_a_code_of_what_has_ended_is_withdrawn(words: str) -> None:
    world, message = waiting()

    world.text(words)

    assert world.tables.messages[message.id].state == "withdrawn"


def test_a_withdrawn_message_that_went_out_all_the_same_is_sent_and_never_tried_again() -> None:
    world, message = waiting()
    world.text("NO")
    world.settle(message.id, "retry", "10011")
    assert world.tables.messages[message.id].state == "withdrawn"

    world.settle(message.id, "sent")

    assert world.tables.messages[message.id].state == "sent"
    assert world.of()[0].status == "denied"


def test_a_second_report_changes_nothing() -> None:
    world, _, _ = sent_out()
    message = world.message_of(world.of()[0])

    (again,) = world.decide(MessageSettled(message.id, "refused", error="40001"))
    (unknown,) = world.decide(MessageSettled("msg_none", "sent", "provider-9"))

    assert (changes(again), changes(unknown)) == ([], [])


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
    world, _, provider_id = sent_out()

    world.receipt(provider_id, status)

    assert delivery(world) == shown
    assert world.of()[0].status == "pending"


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "delivery_failed"])))
def test_receipts_are_ranked_and_not_taken_by_arrival(order: tuple[str, ...]) -> None:
    world, _, provider_id = sent_out()

    for status in order:
        world.receipt(provider_id, status)

    assert delivery(world) == "delivered"


def test_the_same_receipt_again_changes_nothing() -> None:
    world, _, provider_id = sent_out()
    receipt = DeliveryReported("event-r", provider_id, "delivered")
    assert world.carry_out(receipt) == [Recorded()]

    (again,) = world.decide(receipt)

    assert again.outcome == Duplicate()
    assert changes(again) == []


@pytest.mark.parametrize("status", ["sent", "delivered", "delivery_failed"])
def test_another_receipt_of_the_same_meaning_is_recorded_alone(status: str) -> None:
    world, _, provider_id = sent_out()
    world.receipt(provider_id, status)

    (decision,) = world.decide(DeliveryReported("event-s", provider_id, status))

    assert [type(row).__name__ for row in changes(decision)] == ["WebhookEvent"]


def test_receipts_of_an_older_code_change_nothing_about_the_verification() -> None:
    world, _, provider_id = sent_out()
    world.wait(61 * SECOND_MS)
    world.text("RESEND")
    before = world.of()

    for status, error in (("delivered", None), ("delivery_failed", "40001")):
        world.receipt(provider_id, status, error)

    assert world.of() == before


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered"])))
def test_receipts_that_overtake_the_report_wait_for_it(order: tuple[str, ...]) -> None:
    world, message = waiting()
    for turn, status in enumerate(order):
        world.carry_out(DeliveryReported(f"event-{turn}", "early", status))
    assert delivery(world) == "queued"
    assert all(event.unmatched for event in list(world.tables.events.values())[-2:])

    world.carry_out(MessageSettled(message.id, "sent", "early"))

    assert delivery(world) == "delivered"
    assert not any(event.unmatched for event in world.tables.events.values())


def test_an_early_receipt_may_end_the_verification() -> None:
    world, message = waiting()
    world.carry_out(DeliveryReported("event-0", "early", "delivery_failed", "40001"))

    world.carry_out(MessageSettled(message.id, "sent", "early"))

    (ended,) = world.of()
    assert (ended.status, ended.reason) == ("failed", "undeliverable")


@pytest.mark.parametrize(("error", "reason"), [("40001", "undeliverable"), ("40300", "opted_out")])
def test_a_final_receipt_ends_the_verification(error: str, reason: str) -> None:
    world, _, provider_id = sent_out()

    world.receipt(provider_id, "delivery_failed", error)

    (ended,) = world.of()
    assert (ended.status, ended.reason, ended.delivery) == ("failed", reason, "failed")
    assert world.is_opted_out() == (error == "40300")


def test_a_failure_after_the_approval_takes_nothing_back() -> None:
    world, verification, provider_id = sent_out()
    world.text(world.code_of(verification))

    world.receipt(provider_id, "delivery_failed", "40001")

    assert (world.of()[0].status, delivery(world)) == ("approved", "failed")


@pytest.mark.parametrize("error", [*sorted(OURS), "99999", None])
def test_a_failure_that_is_not_the_phones_leaves_the_verification_open(error: str | None) -> None:
    world, _, provider_id = sent_out()

    world.receipt(provider_id, "delivery_failed", error)

    assert (world.of()[0].status, delivery(world)) == ("pending", "failed")


@pytest.mark.parametrize("error", sorted(PASSING))
def test_a_failure_that_passes_sends_the_same_text_again_a_few_times(error: str) -> None:
    world, verification, provider_id = sent_out()
    world.paused = True
    code = world.code_of(verification)
    for turn in range(1, SEND_ROUNDS):
        world.receipt(provider_id, "delivery_failed", error)
        again = world.message_of(verification)
        assert (again.state, again.round, again.provider_id) == ("queued", turn, None)
        assert again.not_before > world.now
        assert delivery(world) == "queued"
        provider_id = world.settle(again.id, "sent")
        assert delivery(world) == "sent"

    world.receipt(provider_id, "delivery_failed", error)

    assert (world.of()[0].status, delivery(world)) == ("pending", "failed")
    assert world.code_of(verification) == code
    assert [sent.kind for sent in world.text(code)] == ["approved"]


def test_a_dead_code_is_not_sent_again() -> None:
    world, verification, provider_id = sent_out()
    world.wait(5 * MINUTE_MS)

    world.receipt(provider_id, "delivery_failed", sorted(PASSING)[0])

    assert world.message_of(verification).state == "sent"
    assert delivery(world) == "failed"


def test_an_unknown_event_is_recorded_once() -> None:
    world = World()
    assert world.carry_out(EventIgnored("event-x")) == [Recorded()]

    (again,) = world.decide(EventIgnored("event-x"))

    assert (again.outcome, changes(again)) == (Duplicate(), [])


def test_a_page_code_has_a_delivery_too() -> None:
    world = World()
    world.refused[PHONE] = "40001"
    command = VerificationRequested(SHOP, "sms", NUMBER, (), phone=PHONE, code_entry="page")

    (outcome,) = world.carry_out(command)

    assert isinstance(outcome, Found)
    assert outcome.verification.delivery == "queued"
    assert world.of()[0].reason == "undeliverable"


# -- what a refusal means ----------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(PERMANENT))
def test_an_error_of_the_phone_or_the_words_is_final(code: str) -> None:
    outcomes = {
        classify(status, code, earlier) for status in (400, 422) for earlier in (None, "503")
    }
    assert outcomes == {"refused"}


@pytest.mark.parametrize("code", sorted(OURS))
def test_an_error_of_the_account_is_held(code: str) -> None:
    assert {classify(status, code, None) for status in (400, 401, 403, 422)} == {"held"}


@pytest.mark.parametrize("code", sorted(PASSING))
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
    assert not PERMANENT & PASSING
    assert not PERMANENT & OURS
    assert not PASSING & OURS


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
    world, message = waiting()
    world.carry_out(LeasesReturned((message.id,)))
    assert world.tables.messages[message.id].lease_owner is None

    world.carry_out(OutboxSwept(10))

    swept = world.tables.messages[message.id]
    assert (swept.lease_owner, swept.lease_until) == (world.slots.owner, world.now + 6 * SECOND_MS)


def test_what_another_process_holds_stays_there_until_its_lease_ends() -> None:
    world, message = waiting()
    world.slots.owner = "another process"
    (early,) = world.decide(OutboxSwept(10))
    assert changes(early) == []

    world.wait(6 * SECOND_MS)
    world.carry_out(OutboxSwept(10))

    assert world.tables.messages[message.id].lease_owner == "another process"


def test_what_waits_for_its_next_try_is_not_swept_before_it() -> None:
    world, message = waiting()
    world.settle(message.id, "held", "40315")
    (early,) = world.decide(OutboxSwept(10))
    assert changes(early) == []

    world.now = world.tables.messages[message.id].not_before
    world.carry_out(OutboxSwept(10))

    assert world.tables.messages[message.id].lease_owner == world.slots.owner


def test_a_process_without_room_takes_nothing() -> None:
    world, message = waiting()
    world.carry_out(LeasesReturned((message.id,)))
    world.slots.owner = None

    world.carry_out(OutboxSwept(10))

    assert world.tables.messages[message.id].lease_owner is None


def test_what_is_too_late_goes_nowhere() -> None:
    world, message = waiting()
    world.wait(5 * MINUTE_MS)

    world.carry_out(OutboxSwept(10))

    assert world.tables.messages[message.id].state == "expired"
    assert (world.of()[0].status, delivery(world)) == ("pending", "failed")


def test_a_code_may_wait_as_long_as_it_lives_and_another_text_a_minute() -> None:
    world, message = waiting()
    world.text("STATUS")
    reply = list(world.tables.messages.values())[-1]

    assert message.send_before == world.of()[0].code_expires_at
    assert reply.send_before == world.now + MINUTE_MS


def test_a_phones_text_waits_while_another_process_holds_an_earlier_one() -> None:
    world, _ = waiting()
    world.slots.owner = "another process"

    world.text("STATUS")
    world.text("STATUS", OTHER_PHONE)

    later, elsewhere = list(world.tables.messages.values())[-2:]
    assert later.lease_owner is None
    assert elsewhere.lease_owner == "another process"


def test_leases_of_what_is_out_are_not_given_back() -> None:
    world, _, _ = sent_out()
    message = world.message_of(world.of()[0])

    (decision,) = world.decide(LeasesReturned((message.id, "msg_none")))

    assert changes(decision) == []
