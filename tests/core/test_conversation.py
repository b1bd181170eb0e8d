"""The conversation: its table of (state, text) cell by cell, and what holds beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from bot.records import Verification
from bot.snapshot import Duplicate, Found, Limited, NoCode, Over
from tests.core.world import (
    DAY,
    HOUR,
    MINUTE,
    NUMBER,
    OTHER_NUMBER,
    OTHER_PHONE,
    PHONE,
    SECOND,
    START,
    World,
    changes,
    code_in,
    wrong,
)

UNKNOWN_REF = "ZZZZZZ"


@dataclass
class Scene:
    """A world in one of the states, and what a text of its phone may name."""

    world: World
    right: str = "271828"
    ref: str = ""


def idle() -> Scene:
    return Scene(World())


def awaiting() -> Scene:
    """A stand-alone login, whose cooldown is over and whose code lives."""
    world = World()
    scene = Scene(world, world.login())
    world.wait(61 * SECOND)
    return scene


def awaiting_claimed() -> Scene:
    """A web app's request, claimed by this phone."""
    world = World()
    ref = world.request().ref or ""
    scene = Scene(world, world.login(words=f"LOGIN {ref}"), ref)
    world.wait(61 * SECOND)
    return scene


def dead() -> Scene:
    """A stand-alone login whose code has died."""
    scene = awaiting()
    scene.world.wait(5 * MINUTE)
    return scene


def dead_claimed() -> Scene:
    scene = awaiting_claimed()
    scene.world.wait(5 * MINUTE)
    return scene


def page() -> Scene:
    """A code that is typed on the page, sent to this phone."""
    world = World()
    asked = world.request("sms", PHONE)
    scene = Scene(world, world.code_of(asked))
    world.wait(61 * SECOND)
    return scene


def locked() -> Scene:
    """Three wrong codes on a login that was denied, two on the one that is still open."""
    world = World()
    world.login()
    world.guess(3)
    world.text("NO")
    world.wait(61 * SECOND)
    scene = Scene(world, world.login())
    world.guess(2)
    return scene


def approved() -> Scene:
    world = World()
    scene = Scene(world, world.login())
    world.text(scene.right)
    world.wait(61 * SECOND)
    return scene


def opted_out() -> Scene:
    world = World()
    scene = Scene(world, world.login())
    world.text("STOP")
    world.wait(61 * SECOND)
    world.refused[PHONE] = "40300"
    return scene


def good_ref(scene: Scene) -> str:
    return f"LOGIN {scene.world.request().ref}"


def used_ref(scene: Scene) -> str:
    """Letters of a request that another phone has claimed and finished."""
    ref = scene.world.request().ref
    scene.world.text(scene.world.login(OTHER_PHONE, f"LOGIN {ref}"), OTHER_PHONE)
    return f"LOGIN {ref}"


def others_ref(scene: Scene) -> str:
    """Letters that only another phone may claim."""
    return f"LOGIN {scene.world.request(phone=OTHER_PHONE).ref}"


STATES: dict[str, Callable[[], Scene]] = {
    "idle": idle,
    "awaiting": awaiting,
    "awaiting-claimed": awaiting_claimed,
    "dead": dead,
    "dead-claimed": dead_claimed,
    "page": page,
    "locked": locked,
    "approved": approved,
    "opted-out": opted_out,
}
TEXTS: dict[str, Callable[[Scene], str]] = {
    "LOGIN": lambda scene: "LOGIN",
    "good-ref": good_ref,
    "same-ref": lambda scene: f"LOGIN {scene.ref}",
    "unknown-ref": lambda scene: f"LOGIN {UNKNOWN_REF}",
    "used-ref": used_ref,
    "others-ref": others_ref,
    "right-code": lambda scene: scene.right,
    "wrong-code": lambda scene: wrong(scene.right),
    "RESEND": lambda scene: "RESEND",
    "NO": lambda scene: "NO",
    "STATUS": lambda scene: "STATUS",
    "HELP": lambda scene: "HELP",
    "STOP": lambda scene: "STOP",
    "START": lambda scene: "START",
    "other": lambda scene: "good morning",
}
WITH_REF = ("awaiting-claimed", "dead-claimed")
#: State, text → what is answered, the state after it, and what became of this phone's
#: verifications, oldest first.
CELLS: list[tuple[str, str, str, str, str]] = [
    # LOGIN
    ("idle", "LOGIN", "code", "awaiting", "pending"),
    ("awaiting", "LOGIN", "code", "awaiting", "pending"),
    ("awaiting-claimed", "LOGIN", "reply_or_no", "awaiting", "pending"),
    ("dead", "LOGIN", "code", "awaiting", "pending"),
    ("dead-claimed", "LOGIN", "code", "awaiting", "pending pending"),
    ("page", "LOGIN", "code", "awaiting", "pending pending"),
    ("locked", "LOGIN", "locked", "locked", "denied pending"),
    ("approved", "LOGIN", "code", "awaiting", "approved pending"),
    ("opted-out", "LOGIN", "code", "opted out", "failed:opted_out failed:opted_out"),
    # good-ref
    ("idle", "good-ref", "code_claimed", "awaiting", "pending"),
    ("awaiting", "good-ref", "code_claimed", "awaiting", "canceled:superseded pending"),
    ("awaiting-claimed", "good-ref", "code_claimed", "awaiting", "canceled:superseded pending"),
    ("dead", "good-ref", "code_claimed", "awaiting", "canceled:superseded pending"),
    ("dead-claimed", "good-ref", "code_claimed", "awaiting", "canceled:superseded pending"),
    ("page", "good-ref", "code_claimed", "awaiting", "pending pending"),
    ("locked", "good-ref", "locked", "locked", "denied pending"),
    ("approved", "good-ref", "code_claimed", "awaiting", "approved pending"),
    ("opted-out", "good-ref", "code_claimed", "opted out", "failed:opted_out failed:opted_out"),
    # same-ref
    ("awaiting-claimed", "same-ref", "code_claimed", "awaiting", "pending"),
    ("dead-claimed", "same-ref", "code_claimed", "awaiting", "pending"),
    # unknown-ref
    ("idle", "unknown-ref", "ref_unknown", "idle", ""),
    ("awaiting", "unknown-ref", "ref_unknown", "awaiting", "pending"),
    ("awaiting-claimed", "unknown-ref", "ref_unknown", "awaiting", "pending"),
    ("dead", "unknown-ref", "ref_unknown", "dead", "pending"),
    ("dead-claimed", "unknown-ref", "ref_unknown", "dead", "pending"),
    ("page", "unknown-ref", "ref_unknown", "page", "pending"),
    ("locked", "unknown-ref", "locked", "locked", "denied pending"),
    ("approved", "unknown-ref", "ref_unknown", "approved", "approved"),
    ("opted-out", "unknown-ref", "", "opted out", "failed:opted_out"),
    # used-ref
    ("idle", "used-ref", "ref_unknown", "idle", ""),
    ("awaiting", "used-ref", "ref_unknown", "awaiting", "pending"),
    ("awaiting-claimed", "used-ref", "ref_unknown", "awaiting", "pending"),
    ("dead", "used-ref", "ref_unknown", "dead", "pending"),
    ("dead-claimed", "used-ref", "ref_unknown", "dead", "pending"),
    ("page", "used-ref", "ref_unknown", "page", "pending"),
    ("locked", "used-ref", "locked", "locked", "denied pending"),
    ("approved", "used-ref", "ref_unknown", "approved", "approved"),
    ("opted-out", "used-ref", "", "opted out", "failed:opted_out"),
    # others-ref
    ("idle", "others-ref", "ref_unknown", "idle", ""),
    ("awaiting", "others-ref", "ref_unknown", "awaiting", "pending"),
    ("awaiting-claimed", "others-ref", "ref_unknown", "awaiting", "pending"),
    ("dead", "others-ref", "ref_unknown", "dead", "pending"),
    ("dead-claimed", "others-ref", "ref_unknown", "dead", "pending"),
    ("page", "others-ref", "ref_unknown", "page", "pending"),
    ("locked", "others-ref", "locked", "locked", "denied pending"),
    ("approved", "others-ref", "ref_unknown", "approved", "approved"),
    ("opted-out", "others-ref", "", "opted out", "failed:opted_out"),
    # right-code
    ("idle", "right-code", "nothing_waits", "idle", ""),
    ("awaiting", "right-code", "approved", "approved", "approved"),
    ("awaiting-claimed", "right-code", "approved", "approved", "approved"),
    ("dead", "right-code", "code_expired", "dead", "pending"),
    ("dead-claimed", "right-code", "code_expired", "dead", "pending"),
    ("page", "right-code", "type_on_page", "page", "pending"),
    ("locked", "right-code", "locked", "locked", "denied pending"),
    ("approved", "right-code", "already_done", "approved", "approved"),
    ("opted-out", "right-code", "", "opted out", "failed:opted_out"),
    # wrong-code
    ("idle", "wrong-code", "nothing_waits", "idle", ""),
    ("awaiting", "wrong-code", "wrong", "awaiting", "pending"),
    ("awaiting-claimed", "wrong-code", "wrong", "awaiting", "pending"),
    ("dead", "wrong-code", "code_expired", "dead", "pending"),
    ("dead-claimed", "wrong-code", "code_expired", "dead", "pending"),
    ("page", "wrong-code", "type_on_page", "page", "pending"),
    ("locked", "wrong-code", "locked", "locked", "denied pending"),
    ("approved", "wrong-code", "hint", "approved", "approved"),
    ("opted-out", "wrong-code", "", "opted out", "failed:opted_out"),
    # RESEND
    ("idle", "RESEND", "nothing_waits", "idle", ""),
    ("awaiting", "RESEND", "code", "awaiting", "pending"),
    ("awaiting-claimed", "RESEND", "code_claimed", "awaiting", "pending"),
    ("dead", "RESEND", "code", "awaiting", "pending"),
    ("dead-claimed", "RESEND", "code_claimed", "awaiting", "pending"),
    ("page", "RESEND", "code_page", "page", "pending"),
    ("locked", "RESEND", "locked", "locked", "denied pending"),
    ("approved", "RESEND", "nothing_waits", "approved", "approved"),
    ("opted-out", "RESEND", "", "opted out", "failed:opted_out"),
    # NO
    ("idle", "NO", "nothing_waits", "idle", ""),
    ("awaiting", "NO", "denied", "idle", "denied"),
    ("awaiting-claimed", "NO", "denied", "idle", "denied"),
    ("dead", "NO", "denied", "idle", "denied"),
    ("dead-claimed", "NO", "denied", "idle", "denied"),
    ("page", "NO", "denied", "idle", "denied"),
    ("locked", "NO", "denied", "locked", "denied denied"),
    ("approved", "NO", "denied", "idle", "denied:repudiated"),
    ("opted-out", "NO", "", "opted out", "failed:opted_out"),
    # STATUS
    ("idle", "STATUS", "status_idle", "idle", ""),
    ("awaiting", "STATUS", "status_awaiting", "awaiting", "pending"),
    ("awaiting-claimed", "STATUS", "status_awaiting", "awaiting", "pending"),
    ("dead", "STATUS", "status_dead", "dead", "pending"),
    ("dead-claimed", "STATUS", "status_dead", "dead", "pending"),
    ("page", "STATUS", "status_page", "page", "pending"),
    ("locked", "STATUS", "status_locked", "locked", "denied pending"),
    ("approved", "STATUS", "status_approved", "approved", "approved"),
    ("opted-out", "STATUS", "", "opted out", "failed:opted_out"),
    # HELP
    ("idle", "HELP", "help", "idle", ""),
    ("awaiting", "HELP", "help", "awaiting", "pending"),
    ("awaiting-claimed", "HELP", "help", "awaiting", "pending"),
    ("dead", "HELP", "help", "dead", "pending"),
    ("dead-claimed", "HELP", "help", "dead", "pending"),
    ("page", "HELP", "help", "page", "pending"),
    ("locked", "HELP", "help", "locked", "denied pending"),
    ("approved", "HELP", "help", "approved", "approved"),
    ("opted-out", "HELP", "", "opted out", "failed:opted_out"),
    # STOP
    ("idle", "STOP", "", "opted out", ""),
    ("awaiting", "STOP", "", "opted out", "failed:opted_out"),
    ("awaiting-claimed", "STOP", "", "opted out", "failed:opted_out"),
    ("dead", "STOP", "", "opted out", "failed:opted_out"),
    ("dead-claimed", "STOP", "", "opted out", "failed:opted_out"),
    ("page", "STOP", "", "opted out", "failed:opted_out"),
    ("locked", "STOP", "", "opted out", "denied failed:opted_out"),
    ("approved", "STOP", "", "opted out", "approved"),
    ("opted-out", "STOP", "", "opted out", "failed:opted_out"),
    # START
    ("idle", "START", "", "idle", ""),
    ("awaiting", "START", "", "awaiting", "pending"),
    ("awaiting-claimed", "START", "", "awaiting", "pending"),
    ("dead", "START", "", "dead", "pending"),
    ("dead-claimed", "START", "", "dead", "pending"),
    ("page", "START", "", "page", "pending"),
    ("locked", "START", "", "locked", "denied pending"),
    ("approved", "START", "", "approved", "approved"),
    ("opted-out", "START", "", "idle", "failed:opted_out"),
    # other
    ("idle", "other", "hint", "idle", ""),
    ("awaiting", "other", "hint", "awaiting", "pending"),
    ("awaiting-claimed", "other", "hint", "awaiting", "pending"),
    ("dead", "other", "hint", "dead", "pending"),
    ("dead-claimed", "other", "hint", "dead", "pending"),
    ("page", "other", "hint", "page", "pending"),
    ("locked", "other", "", "locked", "denied pending"),
    ("approved", "other", "hint", "approved", "approved"),
    ("opted-out", "other", "", "opted out", "failed:opted_out"),
]


def fate(verification: Verification) -> str:
    reason = f":{verification.reason}" if verification.reason else ""
    return f"{verification.status}{reason}"


@pytest.mark.parametrize(
    ("state", "text", "reply", "after", "fates"),
    [pytest.param(*cell, id=f"{cell[1]} when {cell[0]}") for cell in CELLS],
)
def test_a_text_is_answered_as_the_table_says(
    state: str, text: str, reply: str, after: str, fates: str
) -> None:
    scene = STATES[state]()
    words = TEXTS[text](scene)

    answers = scene.world.text(words)

    assert " ".join(answer.kind for answer in answers) == reply
    assert scene.world.state() == after
    assert " ".join(map(fate, scene.world.of())) == fates
    assert all((answer.phone, answer.number) == (PHONE, NUMBER) for answer in answers)


def test_the_table_has_every_cell() -> None:
    cells = [(state, text) for state, text, *_ in CELLS]

    assert len(set(cells)) == len(cells)
    assert set(cells) == {
        (state, text)
        for state in STATES
        for text in TEXTS
        if text != "same-ref" or state in WITH_REF
    }


@pytest.mark.parametrize("state", STATES)
def test_each_state_of_the_table_is_what_its_name_says(state: str) -> None:
    assert STATES[state]().world.state() == state.split("-claimed")[0].replace("-", " ")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("state", STATES)
def test_the_same_event_again_changes_nothing(state: str, text: str) -> None:
    scene = STATES[state]()
    world = scene.world
    command = world.texted(TEXTS[text](scene))
    world.carry_out(command)

    (again,) = world.decide(command)
    other_event = replace(world.texted("LOGIN"), message_id=command.message_id)
    (renamed,) = world.decide(other_event)

    for decision in (again, renamed):
        assert decision.outcome == Duplicate()
        assert changes(decision) == []


# -- a code, and only the right one ------------------------------------------------------------


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
    world.wait(MINUTE)
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
    world.wait(5 * MINUTE)
    assert [answer.kind for answer in world.text(code)] == ["code_expired"]

    world.wait(10 * MINUTE)
    assert world.of()[0].status == "expired"
    assert [answer.kind for answer in world.text(code)] == ["nothing_waits"]


def test_a_code_is_alive_to_its_last_millisecond() -> None:
    world = World()
    code = world.login()
    world.wait(5 * MINUTE - 1)

    assert [answer.kind for answer in world.text(code)] == ["approved"]


# -- tries, and the lock -----------------------------------------------------------------------


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
    world.wait(61 * SECOND)
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

    world.wait(15 * MINUTE)

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
        world.wait(61 * SECOND)
    world.wait(10 * MINUTE)

    assert world.phone().locked_until == 0
    world.text(world.login())
    assert world.state() == "approved"


def test_a_lock_leaves_the_code_on_the_page_alone() -> None:
    world = World()
    asked = world.request("sms", PHONE)
    world.wait(61 * SECOND)
    world.login()
    world.guess(5)
    assert world.state() == "locked"

    outcome = world.check(asked.id, world.code_of(asked))

    assert isinstance(outcome, Found)
    assert outcome.verification.status == "approved"


def test_the_days_wrong_codes_kill_what_is_out_and_lengthen_what_comes() -> None:
    world = World(wrong_per_day=3)
    asked = world.request("sms", PHONE)
    world.wait(61 * SECOND)
    code = world.login()

    answers = world.guess(3)

    assert [answer.kind for answer in answers] == ["wrong", "wrong", "code_expired"]
    assert world.state() == "dead"
    assert [answer.kind for answer in world.text(code)] == ["code_expired"]
    assert world.check(asked.id, "123456") == NoCode()
    world.wait(61 * SECOND)
    assert len(world.login()) == 8
    world.wait(DAY)
    assert len(world.login()) == 6


def test_after_that_a_wrong_code_costs_a_try_of_the_long_one() -> None:
    world = World(wrong_per_day=3, max_attempts=9)
    world.login()
    world.guess(3)
    world.wait(61 * SECOND)
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


# -- how often ---------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["LOGIN", "RESEND"])
def test_a_code_in_the_cooldown_changes_nothing_and_says_how_long_once(words: str) -> None:
    world = World()
    code = world.login()
    before = world.of()
    world.wait(20 * SECOND)

    (answer,) = world.text(words)

    assert answer.kind == "wait_seconds"
    assert " 40 s " in answer.text
    assert world.text(words) == []
    assert world.of() == before
    assert [sent.kind for sent in world.text(code)] == ["approved"]


def test_letters_in_the_cooldown_claim_nothing_and_end_nothing() -> None:
    world = World()
    world.login()
    asked = world.request()

    (answer,) = world.text(f"LOGIN {asked.ref}")

    assert answer.kind == "wait_seconds"
    assert world.verification(asked.id) == asked
    assert [one.status for one in world.of()] == ["pending"]


def test_each_wait_is_told_anew() -> None:
    world = World()
    world.login()
    assert [sent.kind for sent in world.text("LOGIN")] == ["wait_seconds"]
    world.wait(61 * SECOND)
    world.login()

    assert [sent.kind for sent in world.text("LOGIN")] == ["wait_seconds"]


def test_three_codes_in_ten_minutes_are_all() -> None:
    world = World()
    for _ in range(3):
        world.login()
        world.wait(61 * SECOND)

    (answer,) = world.text("LOGIN")

    assert answer.kind == "wait_minutes"
    assert " 7 min " in answer.text
    world.wait(7 * MINUTE)
    world.login()


def test_codes_are_counted_over_both_doors() -> None:
    world = World()
    world.login()
    world.wait(61 * SECOND)
    world.request("sms", PHONE)
    world.wait(61 * SECOND)
    world.login()
    world.wait(61 * SECOND)

    refused = world.ask("sms", PHONE)

    assert isinstance(refused, Limited)
    assert refused.limit == "codes_per_10_min"


def test_an_approval_ends_the_cooldown() -> None:
    world = World()
    world.text(world.login())

    assert [sent.kind for sent in world.text("LOGIN")] == ["code"]


def test_replies_are_at_most_twenty_an_hour_codes_and_final_words_aside() -> None:
    world = World()
    answers = [sent for _ in range(25) for sent in world.text("STATUS")]
    assert len(answers) == 20

    code = world.login()
    assert [sent.kind for sent in world.text(wrong(code))] == []
    assert world.of()[0].attempts_left == 4
    assert [sent.kind for sent in world.text(code)] == ["approved"]
    world.wait(HOUR)
    assert [sent.kind for sent in world.text("STATUS")] == ["status_idle"]


@pytest.mark.parametrize("words", ["RESEND", "NO", "123456"])
def test_nothing_is_waiting_is_said_once_in_ten_minutes(words: str) -> None:
    world = World()
    assert [sent.kind for sent in world.text(words)] == ["nothing_waits"]
    world.wait(10 * MINUTE - 1)
    assert world.text(words) == []
    world.wait(1)
    assert [sent.kind for sent in world.text(words)] == ["nothing_waits"]


@pytest.mark.parametrize("words", ["good morning", None, ""])
def test_one_hint_in_ten_minutes(words: str | None) -> None:
    world = World()
    assert [sent.kind for sent in world.text(words)] == ["hint"]
    world.wait(10 * MINUTE - 1)
    assert world.text(words) == []
    world.wait(1)
    assert [sent.kind for sent in world.text(words)] == ["hint"]


# -- letters -----------------------------------------------------------------------------------


def test_unknown_used_and_anothers_letters_are_answered_in_the_same_words() -> None:
    answers = set()
    for words in (TEXTS["unknown-ref"], used_ref, others_ref):
        scene = idle()
        (answer,) = scene.world.text(words(scene))
        answers.add(answer.text)

    assert len(answers) == 1


@pytest.mark.parametrize("refs", [["ZZZZZZ"], ["ZZZZZZ", "KTQMW"]])
def test_after_five_wrong_letters_an_hour_all_letters_do_nothing(refs: list[str]) -> None:
    world = World()
    answers = [
        sent.kind for turn in range(5) for sent in world.text(f"LOGIN {refs[turn % len(refs)]}")
    ]
    assert answers == ["ref_unknown"] * 5

    asked = world.request()
    assert world.text("LOGIN ZZZZZZ") == []
    assert world.text(f"LOGIN {asked.ref}") == []
    assert world.verification(asked.id) == asked
    world.wait(HOUR)
    fresh = world.request()
    assert [sent.kind for sent in world.text(f"LOGIN {fresh.ref}")] == ["code_claimed"]


def test_wrong_letters_leave_a_plain_login_alone() -> None:
    world = World()
    for _ in range(6):
        world.text("LOGIN ZZZZZZ")

    world.text(world.login())

    assert world.state() == "approved"


def test_a_request_for_one_phone_is_claimed_by_that_phone_alone() -> None:
    world = World()
    asked = world.request(phone=PHONE)

    (stranger,) = world.text(f"LOGIN {asked.ref}", OTHER_PHONE)
    (owner,) = world.text(f"LOGIN {asked.ref}", PHONE)

    assert (stranger.kind, owner.kind) == ("ref_unknown", "code_claimed")


def test_letters_are_claimed_by_one_phone() -> None:
    world = World()
    asked = world.request()
    world.login(PHONE, f"LOGIN {asked.ref}")

    (late,) = world.text(f"LOGIN {asked.ref}", OTHER_PHONE)

    assert late.kind == "ref_unknown"
    assert world.verification(asked.id).phone == PHONE


def test_the_superseded_requests_code_approves_nothing() -> None:
    scene = awaiting_claimed()
    world = scene.world
    older = world.of()[0]
    world.login(words=good_ref(scene))

    assert [sent.kind for sent in world.text(scene.right)] == ["wrong"]
    assert world.check(older.id, scene.right) == Over("canceled")
    assert fate(world.of()[0]) == "canceled:superseded"


def test_a_dead_request_asked_for_again_takes_the_place_of_a_newer_login() -> None:
    scene = dead_claimed()
    world = scene.world
    world.login()
    world.wait(61 * SECOND)

    world.text(f"LOGIN {scene.ref}")

    assert [fate(one) for one in world.of()] == ["pending", "canceled:superseded"]


@pytest.mark.parametrize("state", ["awaiting-claimed", "dead-claimed", "page"])
def test_a_plain_login_neither_ends_nor_completes_a_web_apps_request(state: str) -> None:
    scene = STATES[state]()
    world = scene.world
    asked = world.of()[0]
    for _ in range(2):
        for sent in world.text("LOGIN"):
            if sent.kind == "code":
                world.text(code_in(sent.text))
        world.wait(61 * SECOND)

    assert world.of()[0].status == "pending"
    assert world.of()[0].codes == asked.codes


def test_letters_whose_code_goes_on_the_page_leave_an_awaited_reply_alone() -> None:
    scene = awaiting()
    world = scene.world
    asked = world.request(code_entry="page")

    (sent,) = world.text(f"LOGIN {asked.ref}")

    assert sent.kind == "code_page"
    assert [one.status for one in world.of()] == ["pending", "pending"]


# -- NO ----------------------------------------------------------------------------------------


def test_no_takes_an_approval_back_for_ten_minutes() -> None:
    world = World()
    world.approved()
    world.wait(10 * MINUTE - 1)
    world.text("NO")
    assert fate(world.of()[0]) == "denied:repudiated"

    late = World()
    late.approved()
    late.wait(10 * MINUTE)
    assert [sent.kind for sent in late.text("NO")] == ["nothing_waits"]
    assert fate(late.of()[0]) == "approved"


def test_no_takes_the_newest_approval_back() -> None:
    world = World()
    world.approved()
    world.wait(MINUTE)
    world.approved()

    world.text("not me!")

    assert [fate(one) for one in world.of()] == ["approved", "denied:repudiated"]


@pytest.mark.parametrize("state", ["awaiting", "dead"])
def test_no_login_of_the_phones_own_shields_an_approval_from_its_no(state: str) -> None:
    world = World()
    world.login()
    world.wait(MINUTE)
    asked = world.request("sms", PHONE)
    if state == "dead":
        world.wait(4 * MINUTE)
    world.check(asked.id, world.code_of(asked))  # somebody has talked it out of them

    (answer,) = world.text("NO")

    assert answer.kind == "denied"
    assert sorted(fate(one) for one in world.of()) == ["denied", "denied:repudiated"]


def test_no_after_the_login_was_redeemed_still_says_so() -> None:
    world = World()
    approved = world.approved()
    redeemed = world.redeem(approved.id)
    assert isinstance(redeemed, Found)

    world.text("NO")

    (taken_back,) = world.of()
    assert fate(taken_back) == "denied:repudiated"
    assert taken_back.redeemed_at == redeemed.verification.redeemed_at


def test_no_ends_all_that_has_sent_this_phone_a_code() -> None:
    scene = page()
    world = scene.world
    code = world.login()

    (answer,) = world.text("NO")

    assert answer.kind == "denied"
    assert [fate(one) for one in world.of()] == ["denied", "denied"]
    assert world.state() == "idle"
    assert [sent.kind for sent in world.text(code)] == ["nothing_waits"]


# -- STOP and START ----------------------------------------------------------------------------


def test_who_opted_out_hears_nothing_and_changes_nothing() -> None:
    scene = opted_out()
    world = scene.world
    before = world.of()

    for words in (scene.right, "RESEND", "NO", "STATUS", "HELP", "hello", None, "STOP"):
        assert world.text(words) == []

    assert world.of() == before


def test_a_login_that_telnyx_refuses_stays_opted_out() -> None:
    scene = opted_out()
    world = scene.world

    world.text("LOGIN")

    assert world.is_opted_out()
    assert fate(world.of()[-1]) == "failed:opted_out"


def test_a_login_that_telnyx_takes_ends_the_opt_out() -> None:
    scene = opted_out()
    world = scene.world
    del world.refused[PHONE]

    (sent,) = world.text("LOGIN")

    assert not world.is_opted_out()
    world.text(code_in(sent.text))
    assert world.state() == "approved"


def test_start_opens_the_pair_again() -> None:
    scene = opted_out()
    scene.world.text("START")

    assert not scene.world.is_opted_out()


def test_stop_and_start_count_in_the_order_in_which_they_were_sent() -> None:
    world = World()
    world.text("START")
    world.text("STOP", received_at=world.now - 1)
    assert world.state() == "idle"

    world.wait(MINUTE)
    world.text("STOP")
    world.text("START", received_at=world.now - 1)
    assert world.state() == "opted out"


def test_stop_withdraws_what_is_not_out_yet() -> None:
    world = World()
    world.paused = True
    world.text("LOGIN")
    world.text("STATUS")

    world.text("STOP")

    assert {message.state for message in world.tables.messages.values()} == {"withdrawn"}


def test_stop_counts_for_the_number_that_was_texted_alone() -> None:
    world = World()
    world.text("STOP", number=OTHER_NUMBER)
    assert world.is_opted_out(number=OTHER_NUMBER)

    world.text(world.login())
    assert world.state() == "approved"


def test_stop_leaves_what_another_number_has_asked() -> None:
    scene = awaiting()

    scene.world.text("STOP", number=OTHER_NUMBER)

    assert scene.world.of()[0].status == "pending"
    assert [sent.kind for sent in scene.world.text(scene.right)] == ["approved"]


# -- what is not answered ----------------------------------------------------------------------


@pytest.mark.parametrize("words", ["LOGIN", "NO", "RESEND", "hello", "STATUS"])
def test_a_text_that_took_longer_than_a_code_lives_is_ignored(words: str) -> None:
    scene = awaiting()
    world = scene.world
    before = world.of()

    assert world.text(words, received_at=world.now - 5 * MINUTE - 1) == []
    assert world.text(scene.right, received_at=world.now - 5 * MINUTE - 1) == []
    assert world.of() == before


def test_stop_and_start_count_however_late_they_come() -> None:
    world = World()
    world.text("STOP", received_at=world.now - DAY)
    assert world.is_opted_out()
    world.text("START", received_at=world.now - DAY)
    assert not world.is_opted_out()


def test_a_text_from_a_region_not_allowed_is_not_answered_and_counts_as_nothing() -> None:
    world = World()
    phone = "+447400123456"

    for words in ("LOGIN", "HELP", "hello", "123456", "NO"):
        assert world.text(words, phone) == []

    assert world.of(phone) == []
    world.text("STOP", phone)
    assert world.is_opted_out(phone)


def test_a_request_named_from_a_region_not_allowed_has_failed() -> None:
    world = World()
    asked = world.request()

    assert world.text(f"LOGIN {asked.ref}", "+447400123456") == []

    assert fate(world.verification(asked.id)) == "failed:region_not_allowed"


def test_help_that_telnyx_has_answered_is_not_answered_again() -> None:
    world = World()

    assert world.text("HELP", autoresponse=True) == []
    assert [sent.kind for sent in world.text("HELP")] == ["help"]


# -- how long, from where ----------------------------------------------------------------------


def test_a_code_moves_the_end_of_its_verification_up_to_thirty_minutes() -> None:
    world = World(codes_per_hour=10, codes_per_10_min=10)
    world.login()
    assert world.of()[0].expires_at == START + 15 * MINUTE
    for minutes, end in ((14, 19), (18, 23), (22, 27), (26, 30), (29, 30)):
        world.now = START + minutes * MINUTE
        world.login()
        assert len(world.of()) == 1
        assert world.of()[0].expires_at == START + end * MINUTE
        assert world.of()[0].code_expires_at == START + min(minutes + 5, 30) * MINUTE


def test_a_login_in_the_last_minute_of_the_old_one_is_a_new_one() -> None:
    world = World(codes_per_hour=10, codes_per_10_min=10)
    for minutes in (0, 14, 18, 22, 26):
        world.now = START + minutes * MINUTE
        world.login()
    world.now = START + 29 * MINUTE + 1

    world.login()

    assert [fate(one) for one in world.of()] == ["canceled:superseded", "pending"]
    assert world.of()[1].code_expires_at == world.now + 5 * MINUTE


def test_a_phone_that_let_a_code_die_may_log_in_days_later() -> None:
    world = World()
    world.login()
    world.wait(3 * DAY)

    world.text(world.login())

    assert [one.status for one in world.of()] == ["expired", "approved"]


@pytest.mark.parametrize("words", ["LOGIN", "STATUS", "HELP", "hello", "LOGIN ZZZZZZ", "RESEND"])
def test_an_answer_comes_from_the_number_that_was_texted(words: str) -> None:
    (answer,) = World().text(words, number=OTHER_NUMBER)

    assert answer.number == OTHER_NUMBER


# -- the web app's side ------------------------------------------------------------------------


def test_what_is_over_stays_over_also_for_the_right_code() -> None:
    scene = page()
    world = scene.world
    (asked,) = world.of()
    world.text("NO")

    assert world.check(asked.id, scene.right) == Over("denied")


def test_no_live_code_is_told_and_not_counted() -> None:
    scene = page()
    world = scene.world
    (asked,) = world.of()
    world.wait(5 * MINUTE)

    assert world.check(asked.id, scene.right) == NoCode()
    assert world.of()[0].attempts_left == world.policy.max_attempts
    assert world.check(world.request().id, "123456") == NoCode()


@pytest.mark.parametrize("typed", ["", " ", "abc", "12345", "\x00", "1" * 64, "LOGIN", "STOP"])
def test_what_is_no_code_is_a_wrong_one(typed: str) -> None:
    scene = page()
    (asked,) = scene.world.of()

    outcome = scene.world.check(asked.id, typed)

    assert isinstance(outcome, Found)
    assert (outcome.verification.status, outcome.verification.attempts_left) == ("pending", 4)


def test_a_code_may_be_typed_with_spaces_and_in_digits_of_any_script() -> None:
    for digits in ("０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९"):
        scene = page()
        (asked,) = scene.world.of()
        typed = scene.right.translate(str.maketrans("0123456789", digits))

        outcome = scene.world.check(asked.id, f" {typed[:3]} {typed[3:]} ")

        assert isinstance(outcome, Found)
        assert outcome.verification.status == "approved"


def test_an_approval_is_good_for_one_login() -> None:
    scene = page()
    (asked,) = scene.world.of()
    assert scene.world.redeem(asked.id) == Over("pending")
    scene.world.check(asked.id, scene.right)

    assert isinstance(scene.world.redeem(asked.id), Found)
    assert scene.world.redeem(asked.id) == Over("approved")


def test_another_web_apps_verification_is_as_unknown_as_none() -> None:
    scene = page()
    world = scene.world
    (asked,) = world.of()

    answers = {
        type(world.check(asked.id, scene.right, client="other")),
        type(world.redeem(asked.id, client="other")),
        type(world.check("ver_none", scene.right)),
        type(world.redeem("ver_none")),
    }

    assert {answer.__name__ for answer in answers} == {"NotFound"}
    assert world.of()[0].attempts_left == world.policy.max_attempts


@pytest.mark.parametrize(
    ("reason", "prepare"),
    [
        ("opted_out", lambda world: world.text("STOP")),
        ("locked", lambda world: (world.login(), world.guess(5))),
        ("region_not_allowed", lambda world: None),
    ],
)
def test_a_refused_phone_is_told_before_anything_is_sent(
    reason: str, prepare: Callable[[World], object]
) -> None:
    world = World()
    prepare(world)
    world.wait(61 * SECOND)
    phone = "+447400123456" if reason == "region_not_allowed" else PHONE
    sent, codes = len(world.sent), world.phone(phone).codes_at

    outcome = world.ask("sms", phone)

    assert isinstance(outcome, Found)
    assert fate(outcome.verification) == f"failed:{reason}"
    assert (len(world.sent), world.phone(phone).codes_at) == (sent, codes)


def test_a_request_in_the_cooldown_sends_nothing_and_leaves_nothing() -> None:
    world = World()
    world.login()
    world.wait(20 * SECOND)
    sent, known = len(world.sent), dict(world.tables.verifications)

    refused = world.ask("sms", PHONE)

    assert refused == Limited("resend_cooldown", START + MINUTE, world.now)
    assert len(world.sent) == sent
    assert world.tables.verifications == known


def test_stop_ends_a_request_for_a_phone_never_heard_of() -> None:
    world = World()
    asked = world.request(phone=PHONE)
    world.text("STOP")
    assert fate(world.verification(asked.id)) == "failed:opted_out"


@pytest.mark.parametrize("words", ["LOGIN", "RESEND"])
def test_a_new_code_comes_from_the_number_that_was_texted(words: str) -> None:
    (sent,) = awaiting().world.text(words, number=OTHER_NUMBER)
    assert (sent.kind, sent.number) == ("code", OTHER_NUMBER)
