"""A code by text, and only the right one; what a wrong one costs."""

from __future__ import annotations

from bot.outcomes import Found, NoCode
from tests.harness.constants import DAY_MS, MINUTE_MS, OTHER_NUMBER, PHONE, SECOND_MS, START_MS
from tests.harness.sent_texts import code_in, kinds, wrong_code
from tests.harness.simulation import Simulation
from tests.harness.states import approved, awaiting, awaiting_claimed, dead, locked, page, state_of


def test_a_right_reply_approves_and_erases_the_seed() -> None:
    sim = Simulation()
    sim.text(sim.start_login())

    (approved,) = sim.verifications()
    assert (approved.status, approved.binding) == ("approved", "sms_reply")
    assert (approved.seed, approved.awaiting, approved.completed_at) == (None, None, START_MS)


def test_a_right_reply_after_a_ref_has_a_binding_of_its_own() -> None:
    scenario = awaiting_claimed()
    scenario.sim.text(scenario.right_code)

    assert scenario.sim.verifications()[0].binding == "sms_reply_ref"


def test_a_second_right_reply_does_not_approve_twice() -> None:
    sim = Simulation()
    code = sim.start_login()

    sim.carry_out(sim.text_command(code), sim.text_command(code))

    assert sim.statuses() == ["approved"]
    assert kinds(sim.sent) == ["code", "approved", "already_done"]


def test_already_done_is_sent_once_per_approval() -> None:
    scenario = approved()

    answers = [answer.kind for _ in range(3) for answer in scenario.sim.text(scenario.right_code)]

    assert answers == ["already_done"]


def test_after_resend_only_the_new_code_approves() -> None:
    scenario = awaiting()
    sim = scenario.sim
    (sent,) = sim.text("RESEND")
    new = code_in(sent.text)

    assert new != scenario.right_code
    assert kinds(sim.text(scenario.right_code)) == ["wrong"]
    assert kinds(sim.text(new)) == ["approved"]


def test_a_code_among_other_words_approves_nothing_and_is_not_counted() -> None:
    scenario = awaiting()
    sim = scenario.sim

    (answer,) = sim.text(f"hello, the bank told me {scenario.right_code}")

    assert answer.kind == "code_alone"
    assert state_of(sim) == "awaiting"
    assert sim.verifications()[0].attempts_left == sim.policy.max_attempts
    assert sim.phone().wrong_at == ""


def test_a_code_for_one_request_does_not_approve_another() -> None:
    sim = Simulation()
    first = sim.request("sms", PHONE)
    sim.wait(MINUTE_MS)
    second = sim.request("sms", PHONE)

    sim.check(second.id, sim.code_of(first))
    sim.check(first.id, sim.code_of(second))

    assert sim.statuses() == ["pending", "pending"]
    assert [one.attempts_left for one in sim.verifications()] == [4, 4]


def test_a_page_code_sent_as_a_reply_approves_nothing() -> None:
    scenario = page()
    sim = scenario.sim
    sim.text("LOGIN")

    (answer,) = sim.text(scenario.right_code)

    assert answer.kind == "wrong"
    assert sim.statuses() == ["pending", "pending"]


def test_a_reply_code_may_be_typed_on_the_page_instead() -> None:
    scenario = awaiting_claimed()
    (requested,) = scenario.sim.verifications()

    outcome = scenario.sim.check(requested.id, scenario.right_code)

    assert isinstance(outcome, Found)
    assert (outcome.verification.status, outcome.verification.binding) == (
        "approved",
        "browser_code",
    )
    assert scenario.sim.sent[-1].kind == "code_claimed"  # nothing follows an approval by the page


def test_a_right_reply_to_our_other_number_approves_too() -> None:
    scenario = awaiting()

    (answer,) = scenario.sim.text(scenario.right_code, number=OTHER_NUMBER)

    assert (answer.kind, answer.number) == ("approved", OTHER_NUMBER)


def test_a_reply_to_a_dead_code_is_not_counted() -> None:
    scenario = dead()
    scenario.sim.text(scenario.right_code)
    scenario.sim.text(wrong_code(scenario.right_code))

    assert scenario.sim.verifications()[0].attempts_left == scenario.sim.policy.max_attempts
    assert scenario.sim.phone().wrong_at == ""


def test_a_code_and_its_verification_expire_at_different_times() -> None:
    sim = Simulation()
    code = sim.start_login()
    sim.wait(5 * MINUTE_MS)
    assert kinds(sim.text(code)) == ["code_expired"]

    sim.wait(10 * MINUTE_MS)
    assert sim.verifications()[0].status == "expired"
    assert kinds(sim.text(code)) == ["nothing_waits"]


def test_a_code_approves_until_its_last_millisecond() -> None:
    sim = Simulation()
    code = sim.start_login()
    sim.wait(5 * MINUTE_MS - 1)

    assert kinds(sim.text(code)) == ["approved"]


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
