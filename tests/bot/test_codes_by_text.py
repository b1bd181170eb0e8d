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
    World,
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
    world = World()
    world.text(world.login())

    (approved,) = world.of()
    assert (approved.status, approved.binding) == ("approved", "sms_reply")
    assert (approved.seed, approved.awaiting, approved.completed_at) == (None, None, START)


def test_a_right_reply_to_a_ref_is_bound_to_the_browser_that_showed_it() -> None:
    scene = awaiting_claimed()
    scene.world.text(scene.right)

    assert scene.world.of()[0].binding == "sms_reply_ref"


def test_second_right_reply_does_not_approve_twice() -> None:
    world = World()
    code = world.login()

    world.carry_out(world.texted(code), world.texted(code))

    assert [one.status for one in world.of()] == ["approved"]
    assert [sent.kind for sent in world.sent] == ["code", "approved", "already_done"]


def test_already_done_is_said_once() -> None:
    scene = approved()

    answers = [answer.kind for _ in range(3) for answer in scene.world.text(scene.right)]

    assert answers == ["already_done"]


def test_a_resend_makes_a_new_code_and_kills_the_old_one() -> None:
    scene = awaiting()
    world = scene.world
    (sent,) = world.text("RESEND")
    new = code_in(sent.text)

    assert new != scene.right
    assert [answer.kind for answer in world.text(scene.right)] == ["wrong"]
    assert [answer.kind for answer in world.text(new)] == ["approved"]


def test_a_code_in_another_sentence_approves_nothing_and_counts_nothing() -> None:
    scene = awaiting()
    world = scene.world

    (answer,) = world.text(f"hello, the bank told me {scene.right}")

    assert answer.kind == "code_alone"
    assert world.state() == "awaiting"
    assert world.of()[0].attempts_left == world.policy.max_attempts
    assert world.phone().wrong_at == ""


def test_a_code_for_one_request_does_not_approve_another() -> None:
    world = World()
    first = world.request("sms", PHONE)
    world.wait(MINUTE_MS)
    second = world.request("sms", PHONE)

    world.check(second.id, world.code_of(first))
    world.check(first.id, world.code_of(second))

    assert [one.status for one in world.of()] == ["pending", "pending"]
    assert [one.attempts_left for one in world.of()] == [4, 4]


def test_a_code_for_the_page_is_never_compared_with_a_reply() -> None:
    scene = page()
    world = scene.world
    world.text("LOGIN")

    (answer,) = world.text(scene.right)

    assert answer.kind == "wrong"
    assert [one.status for one in world.of()] == ["pending", "pending"]


def test_a_code_to_reply_may_be_typed_on_the_page_instead() -> None:
    scene = awaiting_claimed()
    (asked,) = scene.world.of()

    outcome = scene.world.check(asked.id, scene.right)

    assert isinstance(outcome, Found)
    assert (outcome.verification.status, outcome.verification.binding) == (
        "approved",
        "browser_code",
    )
    assert scene.world.sent[-1].kind == "code_claimed"  # nothing follows an approval by the page


def test_a_reply_to_our_other_number_is_compared_too() -> None:
    scene = awaiting()

    (answer,) = scene.world.text(scene.right, number=OTHER_NUMBER)

    assert (answer.kind, answer.number) == ("approved", OTHER_NUMBER)


def test_a_code_that_died_is_not_counted() -> None:
    scene = dead()
    scene.world.text(scene.right)
    scene.world.text(wrong(scene.right))

    assert scene.world.of()[0].attempts_left == scene.world.policy.max_attempts
    assert scene.world.phone().wrong_at == ""


def test_a_code_dies_at_its_time_and_a_verification_at_its_own() -> None:
    world = World()
    code = world.login()
    world.wait(5 * MINUTE_MS)
    assert [answer.kind for answer in world.text(code)] == ["code_expired"]

    world.wait(10 * MINUTE_MS)
    assert world.of()[0].status == "expired"
    assert [answer.kind for answer in world.text(code)] == ["nothing_waits"]


def test_a_code_is_alive_to_its_last_millisecond() -> None:
    world = World()
    code = world.login()
    world.wait(5 * MINUTE_MS - 1)

    assert [answer.kind for answer in world.text(code)] == ["approved"]


def test_a_new_code_does_not_give_the_tries_back() -> None:
    scene = awaiting()
    world = scene.world
    world.guess(3)
    world.text("RESEND")
    assert world.of()[0].attempts_left == 2

    answers = world.guess(2)

    assert [answer.kind for answer in answers] == ["wrong", "now_locked"]
    assert world.of()[0].status == "max_attempts_reached"


def test_a_new_request_does_not_give_the_tries_back() -> None:
    world = World()
    world.login()
    world.guess(3)
    world.wait(61 * SECOND_MS)
    world.login(words=f"LOGIN {world.request().ref}")

    answers = world.guess(2)

    assert [answer.kind for answer in answers] == ["wrong", "now_locked"]
    assert world.state() == "locked"


def test_tries_are_counted_over_both_doors() -> None:
    scene = awaiting_claimed()
    world = scene.world
    (asked,) = world.of()
    world.guess(2)
    world.check(asked.id, wrong(scene.right))

    assert world.of()[0].attempts_left == 2


def test_the_reply_to_a_wrong_code_says_how_many_tries_are_left() -> None:
    world = World()
    world.login()

    answers = world.guess(5)

    assert [answer.text.rpartition(" ")[2] for answer in answers[:4]] == ["4.", "3.", "2.", "1."]
    assert answers[4].kind == "now_locked"
    assert "15 min" in answers[4].text


def test_a_lock_is_told_once_and_ends() -> None:
    scene = locked()
    world = scene.world
    answers = [sent.kind for words in ("LOGIN", "RESEND", "LOGIN") for sent in world.text(words)]
    assert answers == ["locked"]

    world.wait(15 * MINUTE_MS)

    assert world.state() == "idle"
    assert world.login() != scene.right


def test_the_right_code_is_not_compared_while_locked() -> None:
    scene = locked()
    world = scene.world
    before = world.of()

    world.text(scene.right)
    world.text(wrong(scene.right))

    assert world.of() == before
    assert world.state() == "locked"


def test_wrong_codes_typed_in_a_browser_never_lock_texting() -> None:
    world = World()
    for _ in range(3):
        asked = world.request("sms", PHONE)
        for _ in range(5):
            world.check(asked.id, wrong(world.code_of(asked)))
            if world.verification(asked.id).status != "pending":
                break
        world.wait(61 * SECOND_MS)
    world.wait(10 * MINUTE_MS)

    assert world.phone().locked_until == 0
    world.text(world.login())
    assert world.state() == "approved"


def test_a_lock_leaves_the_code_on_the_page_alone() -> None:
    world = World()
    asked = world.request("sms", PHONE)
    world.wait(61 * SECOND_MS)
    world.login()
    world.guess(5)
    assert world.state() == "locked"

    outcome = world.check(asked.id, world.code_of(asked))

    assert isinstance(outcome, Found)
    assert outcome.verification.status == "approved"


def test_the_days_wrong_codes_kill_what_is_out_and_lengthen_what_comes() -> None:
    world = World(wrong_per_day=3)
    asked = world.request("sms", PHONE)
    world.wait(61 * SECOND_MS)
    code = world.login()

    answers = world.guess(3)

    assert [answer.kind for answer in answers] == ["wrong", "wrong", "code_expired"]
    assert world.state() == "dead"
    assert [answer.kind for answer in world.text(code)] == ["code_expired"]
    assert world.check(asked.id, "123456") == NoCode()
    world.wait(61 * SECOND_MS)
    assert len(world.login()) == 8
    world.wait(DAY_MS)
    assert len(world.login()) == 6


def test_after_that_a_wrong_code_costs_a_try_of_the_long_one() -> None:
    world = World(wrong_per_day=3, max_attempts=9)
    world.login()
    world.guess(3)
    world.wait(61 * SECOND_MS)
    world.login()

    answers = world.guess(2)

    assert [answer.kind for answer in answers] == ["wrong", "wrong"]
    assert world.state() == "awaiting"


def test_the_days_last_wrong_code_kills_a_long_one_that_was_out_too() -> None:
    world = World(wrong_per_day=3, max_attempts=9, code_length=8)
    world.login()
    answers = world.guess(3)
    assert [answer.kind for answer in answers] == ["wrong", "wrong", "code_expired"]
    assert world.state() == "dead"
