"""Ceilings on cost: what all phones together may be sent in a day."""

from __future__ import annotations

from typing import Any

from bot.events import CeilingNear, Refused
from bot.outcomes import Found, Limited
from bot.telnyx_errors import TRANSIENT
from tests.harness.constants import DAY_MS, HOUR_MS, PHONE
from tests.harness.sent_texts import kinds
from tests.harness.simulation import Simulation


def phone(number: int) -> str:
    """A phone of its own; ten thousand of each area."""
    return f"+1202{200 + number // 10_000}{number % 10_000:04}"


def ask(sim: Simulation, number: int) -> object:
    return sim.try_request("sms", phone(number))


def sim_with(**policy: Any) -> Simulation:
    return Simulation(fraud_guard="off", **policy)


def test_pages_use_at_most_four_fifths_of_the_days_codes() -> None:
    sim = sim_with(codes_per_day_total=10)
    outcomes = [ask(sim, number) for number in range(20)]

    assert [type(one) for one in outcomes] == [Found] * 8 + [Limited] * 12
    refused = outcomes[-1]
    assert isinstance(refused, Limited)
    assert refused.limit == "codes_per_day_total"
    assert sim.now < refused.until <= sim.now + HOUR_MS


def test_pages_can_never_use_up_what_texts_from_phones_may_have() -> None:
    sim = sim_with(codes_per_day_total=10)
    for number in range(20):
        ask(sim, number)

    logins = [kinds(sim.text("LOGIN", phone(100 + number))) for number in range(3)]

    assert logins == [["code"], ["code"], ["wait_minutes"]]


def test_texts_from_phones_may_use_the_whole_ceiling() -> None:
    sim = sim_with(codes_per_day_total=10)
    logins = [kinds(sim.text("LOGIN", phone(number))) for number in range(11)]

    assert logins == [["code"]] * 10 + [["wait_minutes"]]


def test_the_ceiling_is_exact_within_one_batch() -> None:
    sim = sim_with(codes_per_day_total=10)

    outcomes = sim.carry_out(*(sim.request_command("sms", phone(n)) for n in range(50)))

    assert sum(isinstance(one, Found) for one in outcomes) == 8


def test_no_text_of_any_kind_is_sent_beyond_the_ceiling() -> None:
    sim = sim_with(texts_per_day_total=10)
    for number in range(30):
        sim.text("HELP", phone(number))
        sim.text("LOGIN", phone(number))
        ask(sim, number)

    assert len(sim.sent) == 10


def test_pages_use_at_most_four_fifths_of_the_days_texts() -> None:
    sim = sim_with(texts_per_day_total=10)
    outcomes = [ask(sim, number) for number in range(10)]

    assert [type(one) for one in outcomes] == [Found] * 8 + [Limited] * 2
    assert kinds(sim.text("HELP")) == ["help"]


def test_texts_have_their_effect_when_they_are_not_answered_any_more() -> None:
    sim = sim_with(texts_per_day_total=1)
    code = sim.start_login()

    assert sim.text(code) == []

    assert sim.statuses() == ["approved"]


def test_a_code_that_is_sent_again_counts() -> None:
    sim = sim_with(codes_per_day_total=2)
    sim.start_login()
    message = sim.message_of(sim.verifications()[0])
    assert message.provider_id is not None

    sim.receive_receipt(message.provider_id, "delivery_failed", sorted(TRANSIENT)[0])

    assert kinds(sim.text("LOGIN", phone(1))) == ["wait_minutes"]


def test_a_day_later_codes_are_sent_again() -> None:
    sim = sim_with(codes_per_day_total=10)
    for number in range(20):
        ask(sim, number)
    sim.wait(DAY_MS - HOUR_MS)
    assert isinstance(ask(sim, 20), Limited)

    sim.wait(2 * HOUR_MS)

    assert isinstance(ask(sim, 20), Found)


def test_a_ceiling_that_is_lifted_refuses_nothing() -> None:
    sim = sim_with(codes_per_day_total=None, texts_per_day_total=None)

    assert all(isinstance(ask(sim, number), Found) for number in range(40))


def test_the_operator_is_told_once_when_four_fifths_are_used() -> None:
    sim, told = sim_with(codes_per_day_total=10), []
    for number in range(10):
        (decision,) = sim.decide(sim.text_command("LOGIN", phone(number)))
        sim.apply(decision)
        told += [(number, one) for one in decision.events if isinstance(one, CeilingNear)]

    assert told == [(7, CeilingNear("codes_per_day_total", 8, 10))]


def test_each_refusal_is_reported_with_the_ceiling() -> None:
    sim = sim_with(codes_per_day_total=1)
    sim.start_login()
    (decision,) = sim.decide(sim.request_command("sms", phone(1)))

    (event,) = decision.events
    assert isinstance(event, Refused)
    assert (event.phone, event.door, event.limit) == (phone(1), "page", "codes_per_day_total")


def test_a_request_that_a_ceiling_refuses_leaves_the_phones_own_limits_as_they_were() -> None:
    sim = sim_with(codes_per_day_total=1)
    sim.start_login(phone(1))

    sim.try_request("sms", PHONE)

    assert sim.phone().page_codes_at == ""
