"""The outbox: which process may send a queued message, and until when."""

from __future__ import annotations

from bot.commands import LeasesReturned, OutboxSwept
from bot.outbound import Outbound
from bot.records import Message
from storage.send_slots import SendSlots
from tests.harness.constants import MINUTE_MS, NUMBER, OTHER_PHONE, SECOND_MS
from tests.harness.decisions import rows_written
from tests.harness.outbox import code_queued, code_sent, delivery
from tests.harness.simulation import Simulation
from webhooks.telnyx.send_queue import SendQueue


def test_the_sweep_leases_a_due_message_that_no_process_holds() -> None:
    sim, message = code_queued()
    sim.carry_out(LeasesReturned((message.id,)))
    assert sim.store.messages[message.id].lease_owner is None

    sim.carry_out(OutboxSwept(10))

    swept = sim.store.messages[message.id]
    assert (swept.lease_owner, swept.lease_until) == (sim.slots.owner, sim.now + 6 * SECOND_MS)


def test_the_sweep_does_not_take_a_message_from_another_process_before_its_lease_ends() -> None:
    sim, message = code_queued()
    sim.slots.owner = "another process"
    (early,) = sim.decide(OutboxSwept(10))
    assert rows_written(early) == []

    sim.wait(6 * SECOND_MS)
    sim.carry_out(OutboxSwept(10))

    assert sim.store.messages[message.id].lease_owner == "another process"


def test_the_sweep_does_not_lease_a_message_before_its_next_try() -> None:
    sim, message = code_queued()
    sim.settle_message(message.id, "held", "40315")
    (early,) = sim.decide(OutboxSwept(10))
    assert rows_written(early) == []

    sim.now = sim.store.messages[message.id].not_before
    sim.carry_out(OutboxSwept(10))

    assert sim.store.messages[message.id].lease_owner == sim.slots.owner


def test_a_process_without_a_free_slot_leases_nothing() -> None:
    sim, message = code_queued()
    sim.carry_out(LeasesReturned((message.id,)))
    sim.slots.owner = None

    sim.carry_out(OutboxSwept(10))

    assert sim.store.messages[message.id].lease_owner is None


def test_the_sweep_expires_a_message_that_is_too_late_to_send() -> None:
    sim, message = code_queued()
    sim.wait(5 * MINUTE_MS)

    sim.carry_out(OutboxSwept(10))

    assert sim.store.messages[message.id].state == "expired"
    assert (sim.verifications()[0].status, delivery(sim)) == ("pending", "failed")


def test_a_code_may_be_sent_as_long_as_it_lives_and_another_text_for_a_minute() -> None:
    sim, message = code_queued()
    sim.text("STATUS")
    reply = list(sim.store.messages.values())[-1]

    assert message.send_before == sim.verifications()[0].code_expires_at
    assert reply.send_before == sim.now + MINUTE_MS


def test_a_message_is_not_leased_while_another_process_holds_an_earlier_one_to_its_phone() -> None:
    sim, _ = code_queued()
    sim.slots.owner = "another process"

    sim.text("STATUS")
    sim.text("STATUS", OTHER_PHONE)

    later, elsewhere = list(sim.store.messages.values())[-2:]
    assert later.lease_owner is None
    assert elsewhere.lease_owner == "another process"


def test_returning_the_lease_of_a_sent_message_changes_nothing() -> None:
    sim, _, _ = code_sent()
    message = sim.message_of(sim.verifications()[0])

    (decision,) = sim.decide(LeasesReturned((message.id, "msg_none")))

    assert rows_written(decision) == []


def test_in_a_flood_of_logins_the_codes_of_web_apps_are_leased_first_and_other_texts_last() -> None:
    sim = Simulation()
    sim.sending_paused, sim.slots.owner = True, None
    sim.text("HELP", phone="+14155550111")
    sim.text("LOGIN", phone="+14155550112")
    sim.text("LOGIN", phone="+14155550113")
    sim.request(method="sms", phone="+14155550114")
    sim.slots.owner = "this process"

    (first,) = sim.decide(OutboxSwept(1))
    (all_three,) = sim.decide(OutboxSwept(3))

    assert [one.kind for one in first.rows.messages.values()] == ["code_page"]
    assert [one.kind for one in all_three.rows.messages.values()] == ["code_page", "code", "code"]


def test_a_process_sends_the_codes_of_web_apps_first_and_other_texts_last() -> None:
    queue = SendQueue(SendSlots())
    for number, (kind, code) in enumerate((("help", None), ("code", 1), ("code_page", 1))):
        message = Message(
            id=f"msg_{number}",
            phone=f"+1415555012{number}",
            number=NUMBER,
            kind=kind,
            locale="en",
            params="{}",
            created_at=0,
            send_before=MINUTE_MS,
            code=code,
        )
        queue.add(Outbound(message, None))

    sent = [message.kind for message in iter(queue.pop, None)]
    assert sent == ["code_page", "code", "help"]
