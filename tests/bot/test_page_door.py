"""The page door: what closes it, what that stops, and what opens it again."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.commands import UnlockRequested
from bot.events import PageDoorClosed
from bot.outcomes import Found, NoCode, NotFound, Recorded
from bot.policy import WRONG_IN_A_ROW
from bot.records import NEVER
from tests.harness.constants import DAY_MS, HOUR_MS, MINUTE_MS, OTHER_PHONE, PHONE, SECOND_MS
from tests.harness.sent_texts import kinds, wrong_code
from tests.harness.simulation import Simulation
from tests.harness.verifications import status_and_reason


def asked(sim: Simulation) -> str:
    """Status and reason of another code that a page asks for."""
    return status_and_reason(sim.request("sms", PHONE))


def with_wrong_codes(many: int, **policy: int) -> Simulation:
    """A phone that had so many wrong codes in a row, none of them today."""
    sim = Simulation(**policy)
    sim.store.phones[PHONE] = replace(sim.phone(), wrong_in_a_row=many)
    return sim


def test_a_hundred_wrong_codes_in_a_row_close_the_page_door_until_a_login_by_text() -> None:
    sim, wrong = Simulation(), 0
    while wrong < WRONG_IN_A_ROW:
        requested = sim.request("sms", PHONE)
        assert requested.status == "pending", wrong
        while wrong < WRONG_IN_A_ROW and sim.verification(requested.id).seed:
            sim.check(requested.id, wrong_code(sim.code_of(requested)))
            wrong += 1
        sim.wait(3 * HOUR_MS)

    assert asked(sim) == "failed:blocked"
    sim.wait(1000 * DAY_MS)
    assert asked(sim) == "failed:blocked"
    sim.complete_login()
    assert asked(sim) == "pending"


@pytest.mark.parametrize("door", ["text", "page"])
def test_wrong_codes_of_both_doors_are_counted_in_one_row(door: str) -> None:
    sim = with_wrong_codes(WRONG_IN_A_ROW - 1)
    requested = sim.request("sms", PHONE)
    sim.wait(61 * SECOND_MS)
    code = wrong_code(sim.start_login())
    command = sim.text_command(code) if door == "text" else sim.check_command(requested.id, code)
    (decision,) = sim.decide(command)
    sim.apply(decision)

    assert PageDoorClosed(PHONE, NEVER, "wrong_in_a_row") in decision.events
    assert asked(sim) == "failed:blocked"


@pytest.mark.parametrize("door", ["text", "page"])
def test_an_approval_by_either_door_begins_the_row_anew(door: str) -> None:
    sim = with_wrong_codes(WRONG_IN_A_ROW - 1)
    if door == "text":
        sim.complete_login()
    else:
        requested = sim.request("sms", PHONE)
        sim.check(requested.id, sim.code_of(requested))

    assert sim.phone().wrong_in_a_row == 0


def test_a_closed_page_door_does_not_open_by_a_code_that_a_page_asked_for() -> None:
    sim = with_wrong_codes(WRONG_IN_A_ROW - 1)
    requested = sim.request("sms", PHONE)
    code = sim.code_of(requested)
    sim.check(requested.id, wrong_code(code))

    assert isinstance(sim.check(requested.id, code), Found)

    assert sim.statuses() == ["approved"]
    assert asked(sim) == "failed:blocked"


def test_a_login_by_text_with_the_code_typed_on_a_page_opens_it_too() -> None:
    sim = Simulation()
    sim.request("sms", PHONE)
    sim.text("NO")
    requested = sim.request(code_entry="page")
    sim.start_login(words=f"LOGIN {requested.ref}")

    sim.check(requested.id, sim.code_of(sim.verification(requested.id)))

    assert asked(sim) == "pending"


def test_a_no_to_a_code_that_a_page_asked_for_closes_the_page_door_for_a_day() -> None:
    sim = Simulation()
    sim.request("sms", PHONE)
    (answer,) = sim.text("NO")

    assert answer.kind == "denied_page_closed"
    assert "24 hours" in answer.text
    sim.wait(DAY_MS - 1)
    assert asked(sim) == "failed:blocked"
    sim.wait(1)
    assert asked(sim) == "pending"


def test_a_no_to_an_approval_on_a_page_closes_it_too() -> None:
    sim = Simulation()
    requested = sim.request("sms", PHONE)
    sim.check(requested.id, sim.code_of(requested))

    assert kinds(sim.text("NO")) == ["denied_page_closed"]

    assert asked(sim) == "failed:blocked"


def test_a_no_to_a_login_by_text_leaves_the_page_door_open() -> None:
    sim = Simulation()
    sim.start_login()

    assert kinds(sim.text("NO")) == ["denied"]

    assert asked(sim) == "pending"


def test_a_no_does_not_shorten_a_closing_without_end() -> None:
    sim = with_wrong_codes(WRONG_IN_A_ROW - 1)
    requested = sim.request("sms", PHONE)
    sim.check(requested.id, wrong_code(sim.code_of(requested)))

    sim.text("NO")

    assert sim.phone().page_closed_until == NEVER


def test_while_the_page_door_is_closed_the_phone_logs_in_by_text() -> None:
    sim = Simulation()
    sim.request("sms", PHONE)
    sim.text("NO")

    assert sim.complete_login().status == "approved"


def test_a_resend_by_a_page_fails_while_the_page_door_is_closed() -> None:
    sim = with_wrong_codes(WRONG_IN_A_ROW - 1)
    requested = sim.request("sms", PHONE)
    sim.check(requested.id, wrong_code(sim.code_of(requested)))
    sim.wait(61 * SECOND_MS)

    outcome = sim.resend(requested.id)

    assert isinstance(outcome, Found)
    assert status_and_reason(outcome.verification) == "failed:blocked"
    assert len(sim.sent) == 1


def test_a_resend_of_a_code_asked_for_by_text_is_left_to_the_phone() -> None:
    sim = Simulation()
    sim.request("sms", PHONE)
    sim.text("NO")
    requested = sim.request(code_entry="page")
    sim.start_login(words=f"LOGIN {requested.ref}")
    sim.wait(61 * SECOND_MS)

    assert sim.resend(requested.id) == NoCode()
    assert sim.verification(requested.id).status == "pending"
    assert kinds(sim.text("RESEND")) == ["code_page"]


def test_a_closed_page_door_concerns_one_phone() -> None:
    sim = Simulation()
    sim.request("sms", PHONE)
    sim.text("NO")

    assert sim.request("sms", OTHER_PHONE).status == "pending"


def test_unlocking_opens_both_doors() -> None:
    sim = with_wrong_codes(WRONG_IN_A_ROW - 1)
    sim.start_login()
    sim.reply_wrong(5)
    assert sim.phone().locked_until > sim.now
    assert asked(sim) == "failed:blocked"

    assert sim.carry_out(UnlockRequested(PHONE)) == [Recorded()]
    sim.wait(MINUTE_MS)

    assert asked(sim) == "pending"
    assert kinds(sim.text("LOGIN")) == ["code"]


def test_unlocking_a_phone_that_is_not_known_stores_nothing() -> None:
    sim = Simulation()

    assert sim.carry_out(UnlockRequested(PHONE)) == [NotFound()]
    assert sim.store.phones == {}
