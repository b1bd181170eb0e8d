"""A code by text: only the right one approves, and only once."""

from __future__ import annotations

from bot.outcomes import Found
from tests.harness.constants import MINUTE_MS, OTHER_NUMBER, PHONE, SECOND_MS, START_MS
from tests.harness.sent_texts import code_in, kinds, wrong_code
from tests.harness.simulation import Simulation
from tests.harness.states import awaiting, awaiting_claimed, dead, page, state_of


def test_a_right_reply_approves_and_erases_the_seed() -> None:
    sim = Simulation()
    sim.text(sim.start_login())

    (approved,) = sim.verifications()
    assert (approved.status, approved.binding) == ("approved", "sms_reply")
    assert (approved.seed, approved.awaiting, approved.completed_at) == (None, None, START_MS)


def test_a_right_reply_to_a_request_with_a_ref_has_the_binding_sms_reply_ref() -> None:
    scenario = awaiting_claimed()
    scenario.sim.text(scenario.right_code)

    assert scenario.sim.verifications()[0].binding == "sms_reply_ref"


def test_a_second_right_reply_does_not_approve_twice() -> None:
    sim = Simulation()
    code = sim.start_login()

    sim.carry_out(sim.text_command(code), sim.text_command(code))

    assert sim.statuses() == ["approved"]
    assert kinds(sim.sent) == ["code", "approved", "already_done"]


def test_after_resend_only_the_new_code_approves() -> None:
    scenario = awaiting()
    sim = scenario.sim
    (sent,) = sim.text("RESEND")
    new_code = code_in(sent.text)

    assert new_code != scenario.right_code
    assert kinds(sim.text(scenario.right_code)) == ["not_newest"]
    assert sim.verifications()[0].attempts_left == 4
    assert kinds(sim.text(new_code)) == ["approved"]


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


def test_a_page_code_sent_as_a_reply_counts_as_wrong_and_is_pointed_to_the_page() -> None:
    scenario = page()
    sim = scenario.sim
    sim.text("LOGIN")

    (answer,) = sim.text(scenario.right_code)

    assert answer.kind == "type_on_page"
    assert sim.statuses() == ["pending", "pending"]
    assert [one.attempts_left for one in sim.verifications()] == [5, 4]


def test_a_reply_code_may_be_typed_on_the_page_instead() -> None:
    scenario = awaiting_claimed()
    (requested,) = scenario.sim.verifications()

    outcome = scenario.sim.check(requested.id, scenario.right_code)

    assert isinstance(outcome, Found)
    verification = outcome.verification
    assert (verification.status, verification.binding) == ("approved", "browser_code")
    assert scenario.sim.sent[-1].kind == "code_claimed"  # no text follows an approval on the page


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


def test_a_code_that_expired_while_its_text_was_under_way_approves() -> None:
    scenario = dead()
    sim = scenario.sim
    expired_at = sim.verifications()[0].code_expires_at or 0
    sim.now = expired_at + 7 * SECOND_MS

    assert kinds(sim.text(scenario.right_code, received_at=expired_at - 1)) == ["approved"]


def test_a_text_that_was_under_way_for_more_than_a_minute_is_judged_as_of_now() -> None:
    scenario = dead()
    sim = scenario.sim
    expired_at = sim.verifications()[0].code_expires_at or 0
    sim.now = expired_at + MINUTE_MS

    answers = sim.text(scenario.right_code, received_at=expired_at - 1)

    assert kinds(answers) == ["code_expired"]


def test_a_code_that_wrong_codes_have_killed_is_not_revived_by_an_earlier_text() -> None:
    sim = Simulation(wrong_per_day=1)
    code = sim.start_login()
    sent_at = sim.now
    sim.wait(SECOND_MS)
    sim.reply_wrong(1)

    assert kinds(sim.text(code, received_at=sent_at)) == ["code_expired"]
