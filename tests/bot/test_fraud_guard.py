"""The fraud guard: pumping is held off, and nobody who logs in by text is."""

from __future__ import annotations

from typing import Any

from bot.events import GuardRefused
from bot.outcomes import Found, Limited
from bot.records import Verification
from tests.harness.constants import ADDRESS, DAY_MS, HOUR_MS, MINUTE_MS, OTHER_ADDRESS, SECOND_MS
from tests.harness.sent_texts import kinds
from tests.harness.simulation import Simulation

BRITISH, FRENCH, GERMAN, SPANISH = "+4474001{:05}", "+336123{:05}", "+491701{:06}", "+346123{:05}"


def phone(number: int, area: int = 202) -> str:
    """The numbers of an area share one prefix."""
    return f"+1{area}555{number:04}"


def anywhere(**policy: Any) -> Simulation:
    return Simulation(allowed_regions=None, codes_per_ip_hour=1000, **policy)


def die_unused(sim: Simulation, many: int, *, area: int = 202, address: str | None = None) -> None:
    for number in range(many):
        sim.request("sms", phone(number, area), address=address)
    sim.wait(5 * MINUTE_MS)


def log_in(sim: Simulation, to: str, **members: Any) -> None:
    requested = sim.request("sms", to, **members)
    sim.check(requested.id, sim.code_of(requested))


def is_refused(outcome: object) -> bool:
    assert isinstance(outcome, Found | Limited), outcome
    return isinstance(outcome, Limited) and outcome.limit == "fraud_guard"


def test_a_prefix_whose_codes_die_unused_gets_no_more_of_them_from_pages() -> None:
    sim = Simulation()
    die_unused(sim, 5)

    assert is_refused(sim.try_request("sms", phone(100)))
    assert not is_refused(sim.try_request("sms", phone(100, area=415)))
    sim.wait(HOUR_MS - 5 * MINUTE_MS)
    assert not is_refused(sim.try_request("sms", phone(100)))


def test_three_hundred_requests_for_one_prefix_send_twenty_codes() -> None:
    sim = Simulation()

    outcomes = sim.carry_out(*(sim.request_command("sms", phone(n)) for n in range(300)))

    assert sum(isinstance(one, Found) for one in outcomes) == 20
    assert len(sim.sent) == 20


def test_a_prefix_gets_at_most_twenty_unused_codes_in_a_day() -> None:
    sim, sent = Simulation(), 0
    for number in range(24 * 20):
        sent += isinstance(sim.try_request("sms", phone(number)), Found)
        sim.wait(3 * MINUTE_MS)

    assert sent <= 20


def test_a_login_by_text_is_never_refused_by_the_guard() -> None:
    sim = Simulation()
    die_unused(sim, 20)

    assert kinds(sim.text("LOGIN", phone(100))) == ["code"]
    requested = sim.request(code_entry="page")
    assert kinds(sim.text(f"LOGIN {requested.ref}", phone(101))) == ["code_page"]


def test_a_code_that_approves_is_not_unused() -> None:
    sim = Simulation()
    for number in range(60):
        log_in(sim, phone(number))
        sim.wait(SECOND_MS)

    assert not is_refused(sim.try_request("sms", phone(100)))


def test_approvals_raise_the_budget() -> None:
    sim = Simulation()
    for number in range(50):
        log_in(sim, phone(number))
    die_unused(sim, 9)
    assert not is_refused(sim.try_request("sms", phone(100)))
    sim.wait(5 * MINUTE_MS)

    assert is_refused(sim.try_request("sms", phone(101)))


def test_an_address_whose_codes_die_unused_gets_no_more() -> None:
    sim = anywhere()
    for area in (202, 203, 205, 206, 207):
        sim.request("sms", phone(1, area), address=ADDRESS)
    sim.wait(5 * MINUTE_MS)

    assert is_refused(sim.try_request("sms", phone(1, 208), address=ADDRESS))
    assert not is_refused(sim.try_request("sms", phone(1, 208), address=OTHER_ADDRESS))


def test_a_region_is_closed_only_outside_the_default_one() -> None:
    sim = anywhere(default_region="US")
    for prefix in range(5):
        sim.request("sms", BRITISH.format(prefix * 10_000))
        sim.request("sms", phone(1, 202 + prefix))
    sim.wait(5 * MINUTE_MS)

    assert is_refused(sim.try_request("sms", BRITISH.format(90_000)))
    assert not is_refused(sim.try_request("sms", phone(1, 212)))


def test_an_address_asks_for_codes_to_at_most_three_regions_in_a_day() -> None:
    sim = anywhere()
    for to in (BRITISH, FRENCH, GERMAN):
        log_in(sim, to.format(10_000), address=ADDRESS)

    assert is_refused(sim.try_request("sms", SPANISH.format(10_000), address=ADDRESS))
    assert not is_refused(sim.try_request("sms", FRENCH.format(20_000), address=ADDRESS))
    sim.wait(DAY_MS)
    assert not is_refused(sim.try_request("sms", SPANISH.format(10_000), address=ADDRESS))


def test_a_resend_by_a_page_counts_and_is_refused_too() -> None:
    sim = Simulation()
    requested = sim.request("sms", phone(100), life=30 * MINUTE_MS)
    die_unused(sim, 4)

    assert is_refused(sim.resend(requested.id))


def test_each_refusal_is_reported_with_what_refuses() -> None:
    sim = Simulation()
    die_unused(sim, 5)
    (decision,) = sim.decide(sim.request_command("sms", phone(100)))

    until = sim.now + HOUR_MS - 5 * MINUTE_MS
    assert decision.events == (GuardRefused(phone(100), "prefix", until, enforced=True),)
    assert decision.outcome == Limited("fraud_guard", until, sim.now)


def test_record_reports_and_refuses_nothing() -> None:
    sim = Simulation(fraud_guard="record")
    die_unused(sim, 5)
    (decision,) = sim.decide(sim.request_command("sms", phone(100)))

    assert isinstance(decision.outcome, Found)
    (event,) = decision.events
    assert isinstance(event, GuardRefused)
    assert not event.enforced


def test_off_counts_without_refusing() -> None:
    sim = Simulation(fraud_guard="off")
    die_unused(sim, 30)
    (decision,) = sim.decide(sim.request_command("sms", phone(100)))

    assert isinstance(decision.outcome, Found)
    assert isinstance(decision.outcome.verification, Verification)
    assert decision.events == ()
