"""Wrong codes use up attempts, lock the phone, and end its live codes at the daily limit."""

from __future__ import annotations

from msgspec.structs import replace

from bot.outcomes import Found, NoCode
from tests.harness.constants import DAY_MS, MINUTE_MS, PHONE, SECOND_MS
from tests.harness.sent_texts import kinds, wrong_code
from tests.harness.simulation import Simulation
from tests.harness.states import awaiting, awaiting_claimed, locked, state_of


def test_a_new_code_does_not_restore_the_attempts() -> None:
    scenario = awaiting()
    sim = scenario.sim
    sim.reply_wrong(3)
    sim.text("RESEND")
    assert sim.verifications()[0].attempts_left == 2

    answers = sim.reply_wrong(2)

    assert kinds(answers) == ["wrong", "now_locked"]
    assert sim.verifications()[0].status == "max_attempts_reached"


def test_a_new_request_does_not_reset_the_wrong_codes_of_the_phone() -> None:
    sim = Simulation()
    sim.start_login()
    sim.reply_wrong(3)
    sim.wait(61 * SECOND_MS)
    sim.start_login(words=f"LOGIN {sim.request().ref}")

    answers = sim.reply_wrong(2)

    assert kinds(answers) == ["wrong", "now_locked"]
    assert state_of(sim) == "locked"


def test_attempts_by_text_and_on_the_page_are_counted_together() -> None:
    scenario = awaiting_claimed()
    sim = scenario.sim
    (requested,) = sim.verifications()
    sim.reply_wrong(2)
    sim.check(requested.id, wrong_code(scenario.right_code))

    assert sim.verifications()[0].attempts_left == 2


def test_the_answer_to_a_wrong_code_says_how_many_attempts_are_left() -> None:
    sim = Simulation()
    sim.start_login()

    answers = sim.reply_wrong(5)

    assert [answer.text.rpartition(" ")[2] for answer in answers[:4]] == ["4.", "3.", "2.", "1."]
    assert answers[4].kind == "now_locked"
    assert "15 min" in answers[4].text


def test_a_lock_is_answered_once_and_ends() -> None:
    scenario = locked()
    sim = scenario.sim
    answers = [sent.kind for words in ("LOGIN", "RESEND", "LOGIN") for sent in sim.text(words)]
    assert answers == ["locked"]

    sim.wait(15 * MINUTE_MS)

    assert state_of(sim) == "idle"
    assert sim.start_login() != scenario.right_code


def test_no_code_is_compared_while_replies_are_locked() -> None:
    scenario = locked()
    sim = scenario.sim
    before = sim.verifications()

    sim.text(scenario.right_code)
    sim.text(wrong_code(scenario.right_code))

    assert sim.verifications() == before
    assert state_of(sim) == "locked"


def test_wrong_codes_typed_on_the_page_never_lock_replies() -> None:
    sim = Simulation()
    for _ in range(3):
        requested = sim.request("sms", PHONE)
        for _ in range(5):
            sim.check(requested.id, wrong_code(sim.code_of(requested)))
            if sim.verification(requested.id).status != "pending":
                break
        sim.wait(61 * SECOND_MS)
    sim.wait(10 * MINUTE_MS)

    assert sim.phone().locked_until == 0
    sim.text(sim.start_login())
    assert state_of(sim) == "approved"


def test_a_page_code_works_while_replies_are_locked() -> None:
    sim = Simulation()
    requested = sim.request("sms", PHONE)
    sim.wait(61 * SECOND_MS)
    sim.start_login()
    sim.reply_wrong(5)
    assert state_of(sim) == "locked"

    outcome = sim.check(requested.id, sim.code_of(requested))

    assert isinstance(outcome, Found)
    assert outcome.verification.status == "approved"


def test_the_days_last_wrong_code_kills_live_codes_and_makes_new_ones_longer() -> None:
    sim = Simulation(wrong_per_day=3)
    requested = sim.request("sms", PHONE)
    sim.wait(61 * SECOND_MS)
    code = sim.start_login()

    answers = sim.reply_wrong(3)

    assert kinds(answers) == ["wrong", "wrong", "code_expired"]
    assert state_of(sim) == "dead"
    assert kinds(sim.text(code)) == ["code_expired"]
    assert sim.check(requested.id, "123456") == NoCode()
    sim.wait(61 * SECOND_MS)
    assert len(sim.start_login()) == 8
    sim.wait(DAY_MS)
    assert len(sim.start_login()) == 6


def test_later_wrong_codes_that_day_do_not_kill_an_eight_digit_code() -> None:
    sim = Simulation(wrong_per_day=3, max_attempts=9)
    sim.start_login()
    sim.reply_wrong(3)
    sim.wait(61 * SECOND_MS)
    sim.start_login()

    answers = sim.reply_wrong(2)

    assert kinds(answers) == ["wrong", "wrong"]
    assert state_of(sim) == "awaiting"


def test_the_days_last_wrong_code_kills_a_live_eight_digit_code_too() -> None:
    sim = Simulation(wrong_per_day=3, max_attempts=9, code_length=8)
    sim.start_login()
    answers = sim.reply_wrong(3)
    assert kinds(answers) == ["wrong", "wrong", "code_expired"]
    assert state_of(sim) == "dead"


def test_the_last_attempt_by_text_locks_replies_also_after_wrong_codes_on_the_page() -> None:
    scenario = awaiting_claimed()
    sim = scenario.sim
    (requested,) = sim.verifications()
    for _ in range(4):
        sim.check(requested.id, wrong_code(scenario.right_code))

    assert kinds(sim.reply_wrong(1)) == ["now_locked"]
    assert sim.phone().locked_until == sim.now + 15 * MINUTE_MS
    assert sim.statuses() == ["max_attempts_reached"]


def test_the_days_last_wrong_code_on_the_page_kills_live_codes_too() -> None:
    sim = Simulation(wrong_per_day=2)
    requested = sim.request("sms", PHONE)
    code = sim.code_of(requested)
    for _ in range(2):
        sim.check(requested.id, wrong_code(code))

    assert sim.check(requested.id, code) == NoCode()
    assert sim.statuses() == ["pending"]


def test_later_wrong_codes_that_day_kill_shorter_codes() -> None:
    sim = Simulation(wrong_per_day=2)
    requested = sim.request("sms", PHONE)
    used_up = ",".join([str(sim.now)] * 2)
    sim.store.phones[PHONE] = replace(sim.phone(), wrong_at=used_up)

    code = sim.code_of(requested)

    sim.check(requested.id, wrong_code(code))

    assert sim.check(requested.id, code) == NoCode()
