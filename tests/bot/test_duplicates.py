"""Duplicate texts: a phone recognises its recent texts by either id."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot import duplicates
from bot.commands import TextReceived
from bot.events import TextIgnored
from bot.intents import Login
from bot.outcomes import Duplicate, Recorded
from bot.policy import MOST_TEXTS, MOST_TEXTS_REMEMBERED
from bot.records import Phone
from tests.harness.constants import MINUTE_MS, NUMBER, PHONE, SECOND_MS, START_MS
from tests.harness.decisions import rows_written
from tests.harness.policy import policy
from tests.harness.sent_texts import kinds
from tests.harness.simulation import Simulation

MEMORY_MS = 6 * MINUTE_MS


def text(event_id: str, message_id: str) -> TextReceived:
    return TextReceived(event_id, message_id, PHONE, NUMBER, Login(), START_MS)


def remember(phone: Phone, one: TextReceived, now: int = START_MS) -> Phone | None:
    return duplicates.remember(phone, one, now, MEMORY_MS)


def after(phone: Phone, one: TextReceived, now: int = START_MS) -> Phone:
    remembered = remember(phone, one, now)
    assert remembered is not None
    return remembered


def replay(sim: Simulation, command: TextReceived) -> object:
    """Deliver a text again. It must write nothing if it is a duplicate."""
    (decision,) = sim.decide(command)
    assert decision.outcome != Duplicate() or rows_written(decision) == []
    sim.apply(decision)
    return decision.outcome


def test_a_text_is_known_by_either_of_its_ids() -> None:
    phone = after(Phone(PHONE), text("evt-1", "msg-1"))
    assert remember(phone, text("evt-1", "msg-1")) is None
    assert remember(phone, text("evt-1", "msg-2")) is None
    assert remember(phone, text("evt-2", "msg-1")) is None
    assert remember(phone, text("evt-2", "msg-2")) is not None


@pytest.mark.parametrize(("code_ttl_s", "memory_s"), [(60, 360), (300, 360), (600, 660)])
def test_a_text_is_remembered_longer_than_its_signature_and_its_code_last(
    code_ttl_s: int, memory_s: int
) -> None:
    memory_ms, one = policy(code_ttl_ms=code_ttl_s * SECOND_MS).memory_ms(), text("evt-1", "msg-1")
    phone = after(Phone(PHONE), one)
    assert memory_ms == memory_s * SECOND_MS

    assert duplicates.remember(phone, one, START_MS + memory_ms - 1, memory_ms) is None
    forgotten = duplicates.remember(phone, one, START_MS + memory_ms, memory_ms)
    assert forgotten is not None
    assert len(forgotten.texts) == len(phone.texts)


def test_a_text_that_is_replayed_after_many_others_has_no_effect() -> None:
    sim = Simulation()
    login = sim.text_command("LOGIN")
    sim.carry_out(login)
    for _ in range(300):
        sim.wait(SECOND_MS)
        sim.text("good morning")

    assert replay(sim, login) == Duplicate()


def test_a_no_that_is_replayed_does_not_deny_the_next_login() -> None:
    sim = Simulation()
    sim.start_login()
    no = sim.text_command("NO")
    sim.carry_out(no)
    sim.wait(MINUTE_MS)
    sim.start_login()
    for _ in range(MOST_TEXTS):
        sim.text("good morning")

    assert replay(sim, no) == Duplicate()
    assert sim.statuses() == ["denied", "pending"]


def test_texts_of_a_flood_are_ignored_except_stop_start_and_no() -> None:
    sim = Simulation()
    for _ in range(MOST_TEXTS - 1):
        sim.text("good morning")
    sim.start_login()
    (decision,) = sim.decide(sim.text_command("STATUS"))
    assert (decision.outcome, rows_written(decision)) == (Recorded(), [])
    assert decision.events == (TextIgnored(PHONE, "flood"),)

    assert kinds(sim.text("NO")) == ["denied"]
    assert kinds(sim.text("LOGIN")) == []
    sim.text("STOP")
    assert sim.is_opted_out()
    sim.text("START")
    assert not sim.is_opted_out()


def test_a_flood_ends_when_its_texts_are_forgotten() -> None:
    sim = Simulation()
    for _ in range(MOST_TEXTS):
        sim.text("good morning")
    assert sim.text("LOGIN") == []

    sim.wait(MEMORY_MS)

    assert kinds(sim.text("LOGIN")) == ["code"]


def test_a_flood_of_one_phone_ignores_no_text_of_another() -> None:
    sim = Simulation()
    for _ in range(MOST_TEXTS + 10):
        sim.text("LOGIN")

    assert kinds(sim.text("LOGIN", "+12025550188")) == ["code"]


def test_a_phones_row_stays_short_whatever_it_sends() -> None:
    sim = Simulation()
    for _ in range(MOST_TEXTS + 50):
        sim.text("good morning")
    assert len(sim.phone().texts) == 24 * MOST_TEXTS

    for _ in range(MOST_TEXTS_REMEMBERED + 50):
        sim.text("NO")
    assert len(sim.phone().texts) == 24 * MOST_TEXTS_REMEMBERED


def test_what_an_earlier_version_has_stored_is_forgotten() -> None:
    earlier = replace(Phone(PHONE), texts="Tm93IGlz" * 5)

    assert len(after(earlier, text("evt-1", "msg-1")).texts) == 24
