"""Decision events: what a decision reports beside its changes."""

from __future__ import annotations

from bot.events import Approved, Denied, Event, Locked, PageDoorClosed, Refused, WrongCode
from tests.harness.constants import DAY_MS, MINUTE_MS, PHONE, SECOND_MS, SHOP
from tests.harness.sent_texts import wrong_code
from tests.harness.simulation import Simulation


def events_of(sim: Simulation, words: str) -> list[Event]:
    (decision,) = sim.decide(sim.text_command(words))
    return list(decision.events)


def test_an_approval_names_its_binding_and_how_long_it_took() -> None:
    sim = Simulation()
    code = sim.start_login()
    sim.wait(20 * SECOND_MS)
    (pending,) = sim.verifications()

    assert events_of(sim, code) == [Approved(pending.id, PHONE, "sms_reply", 20 * SECOND_MS)]


def test_a_wrong_code_by_text_is_reported_with_the_attempts_left() -> None:
    sim = Simulation()
    code = sim.start_login()
    (pending,) = sim.verifications()

    assert events_of(sim, wrong_code(code)) == [WrongCode(pending.id, PHONE, "text", 4)]


def test_a_wrong_code_on_the_page_is_reported_as_such() -> None:
    sim = Simulation()
    requested = sim.request("sms", PHONE)
    (decision,) = sim.decide(sim.check_command(requested.id, wrong_code(sim.code_of(requested))))

    assert decision.events == (WrongCode(requested.id, PHONE, "page", 4),)


def test_the_last_wrong_code_reports_the_lock_and_its_end() -> None:
    sim = Simulation()
    code = sim.start_login()
    sim.reply_wrong(4)
    (pending,) = sim.verifications()

    assert events_of(sim, wrong_code(code)) == [
        WrongCode(pending.id, PHONE, "text", 0),
        Locked(PHONE, sim.now + 15 * MINUTE_MS),
    ]


def test_no_reports_each_verification_that_it_ends() -> None:
    sim = Simulation()
    approved = sim.complete_login()
    requested = sim.request("sms", PHONE)

    assert events_of(sim, "NO") == [
        Denied(requested.id, PHONE, None),
        Denied(approved.id, PHONE, "repudiated"),
        PageDoorClosed(PHONE, sim.now + DAY_MS, "no"),
    ]


def test_a_limit_that_refuses_a_code_is_named() -> None:
    sim = Simulation()
    sim.start_login()
    until = sim.now + MINUTE_MS

    assert events_of(sim, "LOGIN") == [Refused(PHONE, "text", "resend_cooldown", until)]
    sim.request("sms", PHONE)
    (decision,) = sim.decide(sim.request_command("sms", PHONE, client=SHOP))
    assert decision.events == (Refused(PHONE, "page", "resend_cooldown", until),)


def test_a_text_that_is_not_understood_reports_nothing() -> None:
    assert events_of(Simulation(), "good morning") == []


def test_an_approval_on_the_page_names_the_binding_browser_code() -> None:
    sim = Simulation()
    requested = sim.request("sms", PHONE)
    sim.wait(SECOND_MS)
    (decision,) = sim.decide(sim.check_command(requested.id, sim.code_of(requested)))

    assert decision.events == (Approved(requested.id, PHONE, "browser_code", SECOND_MS),)


def test_a_duplicate_text_reports_nothing() -> None:
    sim = Simulation()
    command = sim.text_command(sim.start_login())
    sim.carry_out(command)

    (again,) = sim.decide(command)

    assert again.events == ()
