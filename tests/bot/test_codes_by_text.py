"""A code by text, and only the right one; what a wrong one costs."""

from __future__ import annotations

from bot.outcomes import Found, NoCode
from tests.harness.simulation import (
    DAY_MS,
    MINUTE_MS,
    OTHER_NUMBER,
    PHONE,
    SECOND_MS,
    START,
    Simulation,
    code_in,
    wrong,
)
from tests.harness.states import (
    approved,
    awaiting,
    awaiting_claimed,
    dead,
    locked,
    page,
)


def test_a_right_reply_approves_once_and_erases_what_made_the_code() -> None:
    sim = Simulation()
    sim.text(sim.login())

    (approved,) = sim.of()
    assert (approved.status, approved.binding) == ("approved", "sms_reply")
    assert (approved.seed, approved.awaiting, approved.completed_at) == (None, None, START)


def test_a_right_reply_to_a_ref_is_bound_to_the_browser_that_showed_it() -> None:
    scene = awaiting_claimed()
    scene.sim.text(scene.right)

    assert scene.sim.of()[0].binding == "sms_reply_ref"


def test_second_right_reply_does_not_approve_twice() -> None:
    sim = Simulation()
    code = sim.login()

    sim.carry_out(sim.texted(code), sim.texted(code))

    assert [one.status for one in sim.of()] == ["approved"]
    assert [sent.kind for sent in sim.sent] == ["code", "approved", "already_done"]


def test_already_done_is_said_once() -> None:
    scene = approved()

    answers = [answer.kind for _ in range(3) for answer in scene.sim.text(scene.right)]

    assert answers == ["already_done"]


def test_a_resend_makes_a_new_code_and_kills_the_old_one() -> None:
    scene = awaiting()
    sim = scene.sim
    (sent,) = sim.text("RESEND")
    new = code_in(sent.text)

    assert new != scene.right
    assert [answer.kind for answer in sim.text(scene.right)] == ["wrong"]
    assert [answer.kind for answer in sim.text(new)] == ["approved"]


def test_a_code_in_another_sentence_approves_nothing_and_counts_nothing() -> None:
    scene = awaiting()
    sim = scene.sim

    (answer,) = sim.text(f"hello, the bank told me {scene.right}")

    assert answer.kind == "code_alone"
    assert sim.state() == "awaiting"
    assert sim.of()[0].attempts_left == sim.policy.max_attempts
    assert sim.phone().wrong_at == ""


def test_a_code_for_one_request_does_not_approve_another() -> None:
    sim = Simulation()
    first = sim.request("sms", PHONE)
    sim.wait(MINUTE_MS)
    second = sim.request("sms", PHONE)

    sim.check(second.id, sim.code_of(first))
    sim.check(first.id, sim.code_of(second))

    assert [one.status for one in sim.of()] == ["pending", "pending"]
    assert [one.attempts_left for one in sim.of()] == [4, 4]


def test_a_code_for_the_page_is_never_compared_with_a_reply() -> None:
    scene = page()
    sim = scene.sim
    sim.text("LOGIN")

    (answer,) = sim.text(scene.right)

    assert answer.kind == "wrong"
    assert [one.status for one in sim.of()] == ["pending", "pending"]


def test_a_code_to_reply_may_be_typed_on_the_page_instead() -> None:
    scene = awaiting_claimed()
    (asked,) = scene.sim.of()

    outcome = scene.sim.check(asked.id, scene.right)

    assert isinstance(outcome, Found)
    assert (outcome.verification.status, outcome.verification.binding) == (
        "approved",
        "browser_code",
    )
    assert scene.sim.sent[-1].kind == "code_claimed"  # nothing follows an approval by the page


def test_a_reply_to_our_other_number_is_compared_too() -> None:
    scene = awaiting()

    (answer,) = scene.sim.text(scene.right, number=OTHER_NUMBER)

    assert (answer.kind, answer.number) == ("approved", OTHER_NUMBER)


def test_a_code_that_died_is_not_counted() -> None:
    scene = dead()
    scene.sim.text(scene.right)
    scene.sim.text(wrong(scene.right))

    assert scene.sim.of()[0].attempts_left == scene.sim.policy.max_attempts
    assert scene.sim.phone().wrong_at == ""


def test_a_code_dies_at_its_time_and_a_verification_at_its_own() -> None:
    sim = Simulation()
    code = sim.login()
    sim.wait(5 * MINUTE_MS)
    assert [answer.kind for answer in sim.text(code)] == ["code_expired"]

    sim.wait(10 * MINUTE_MS)
    assert sim.of()[0].status == "expired"
    assert [answer.kind for answer in sim.text(code)] == ["nothing_waits"]


def test_a_code_is_alive_to_its_last_millisecond() -> None:
    sim = Simulation()
    code = sim.login()
    sim.wait(5 * MINUTE_MS - 1)

    assert [answer.kind for answer in sim.text(code)] == ["approved"]


def test_a_new_code_does_not_give_the_tries_back() -> None:
    scene = awaiting()
    sim = scene.sim
    sim.guess(3)
    sim.text("RESEND")
    assert sim.of()[0].attempts_left == 2

    answers = sim.guess(2)

    assert [answer.kind for answer in answers] == ["wrong", "now_locked"]
    assert sim.of()[0].status == "max_attempts_reached"


def test_a_new_request_does_not_give_the_tries_back() -> None:
    sim = Simulation()
    sim.login()
    sim.guess(3)
    sim.wait(61 * SECOND_MS)
    sim.login(words=f"LOGIN {sim.request().ref}")

    answers = sim.guess(2)

    assert [answer.kind for answer in answers] == ["wrong", "now_locked"]
    assert sim.state() == "locked"


def test_tries_are_counted_over_both_doors() -> None:
    scene = awaiting_claimed()
    sim = scene.sim
    (asked,) = sim.of()
    sim.guess(2)
    sim.check(asked.id, wrong(scene.right))

    assert sim.of()[0].attempts_left == 2


def test_the_reply_to_a_wrong_code_says_how_many_tries_are_left() -> None:
    sim = Simulation()
    sim.login()

    answers = sim.guess(5)

    assert [answer.text.rpartition(" ")[2] for answer in answers[:4]] == ["4.", "3.", "2.", "1."]
    assert answers[4].kind == "now_locked"
    assert "15 min" in answers[4].text


def test_a_lock_is_told_once_and_ends() -> None:
    scene = locked()
    sim = scene.sim
    answers = [sent.kind for words in ("LOGIN", "RESEND", "LOGIN") for sent in sim.text(words)]
    assert answers == ["locked"]

    sim.wait(15 * MINUTE_MS)

    assert sim.state() == "idle"
    assert sim.login() != scene.right


def test_the_right_code_is_not_compared_while_locked() -> None:
    scene = locked()
    sim = scene.sim
    before = sim.of()

    sim.text(scene.right)
    sim.text(wrong(scene.right))

    assert sim.of() == before
    assert sim.state() == "locked"


def test_wrong_codes_typed_in_a_browser_never_lock_texting() -> None:
    sim = Simulation()
    for _ in range(3):
        asked = sim.request("sms", PHONE)
        for _ in range(5):
            sim.check(asked.id, wrong(sim.code_of(asked)))
            if sim.verification(asked.id).status != "pending":
                break
        sim.wait(61 * SECOND_MS)
    sim.wait(10 * MINUTE_MS)

    assert sim.phone().locked_until == 0
    sim.text(sim.login())
    assert sim.state() == "approved"


def test_a_lock_leaves_the_code_on_the_page_alone() -> None:
    sim = Simulation()
    asked = sim.request("sms", PHONE)
    sim.wait(61 * SECOND_MS)
    sim.login()
    sim.guess(5)
    assert sim.state() == "locked"

    outcome = sim.check(asked.id, sim.code_of(asked))

    assert isinstance(outcome, Found)
    assert outcome.verification.status == "approved"


def test_the_days_wrong_codes_kill_what_is_out_and_lengthen_what_comes() -> None:
    sim = Simulation(wrong_per_day=3)
    asked = sim.request("sms", PHONE)
    sim.wait(61 * SECOND_MS)
    code = sim.login()

    answers = sim.guess(3)

    assert [answer.kind for answer in answers] == ["wrong", "wrong", "code_expired"]
    assert sim.state() == "dead"
    assert [answer.kind for answer in sim.text(code)] == ["code_expired"]
    assert sim.check(asked.id, "123456") == NoCode()
    sim.wait(61 * SECOND_MS)
    assert len(sim.login()) == 8
    sim.wait(DAY_MS)
    assert len(sim.login()) == 6


def test_after_that_a_wrong_code_costs_a_try_of_the_long_one() -> None:
    sim = Simulation(wrong_per_day=3, max_attempts=9)
    sim.login()
    sim.guess(3)
    sim.wait(61 * SECOND_MS)
    sim.login()

    answers = sim.guess(2)

    assert [answer.kind for answer in answers] == ["wrong", "wrong"]
    assert sim.state() == "awaiting"


def test_the_days_last_wrong_code_kills_a_long_one_that_was_out_too() -> None:
    sim = Simulation(wrong_per_day=3, max_attempts=9, code_length=8)
    sim.login()
    answers = sim.guess(3)
    assert [answer.kind for answer in answers] == ["wrong", "wrong", "code_expired"]
    assert sim.state() == "dead"
