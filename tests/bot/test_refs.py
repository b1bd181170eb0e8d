"""Letters that a page shows, and who may claim what is behind them."""

from __future__ import annotations

import pytest

from bot.outcomes import AlreadyFinished
from tests.harness.simulation import (
    HOUR_MS,
    OTHER_PHONE,
    PHONE,
    SECOND_MS,
    Simulation,
    code_in,
    fate,
)
from tests.harness.states import (
    STATES,
    TEXTS,
    awaiting,
    awaiting_claimed,
    dead_claimed,
    good_ref,
    idle,
    others_ref,
    used_ref,
)


def test_unknown_used_and_anothers_letters_are_answered_in_the_same_words() -> None:
    answers = set()
    for words in (TEXTS["unknown-ref"], used_ref, others_ref):
        scene = idle()
        (answer,) = scene.sim.text(words(scene))
        answers.add(answer.text)

    assert len(answers) == 1


@pytest.mark.parametrize("refs", [["ZZZZZZ"], ["ZZZZZZ", "KTQMW"]])
def test_after_five_wrong_letters_an_hour_all_letters_do_nothing(refs: list[str]) -> None:
    sim = Simulation()
    answers = [
        sent.kind for turn in range(5) for sent in sim.text(f"LOGIN {refs[turn % len(refs)]}")
    ]
    assert answers == ["ref_unknown"] * 5

    asked = sim.request()
    assert sim.text("LOGIN ZZZZZZ") == []
    assert sim.text(f"LOGIN {asked.ref}") == []
    assert sim.verification(asked.id) == asked
    sim.wait(HOUR_MS)
    fresh = sim.request()
    assert [sent.kind for sent in sim.text(f"LOGIN {fresh.ref}")] == ["code_claimed"]


def test_wrong_letters_leave_a_plain_login_alone() -> None:
    sim = Simulation()
    for _ in range(6):
        sim.text("LOGIN ZZZZZZ")

    sim.text(sim.login())

    assert sim.state() == "approved"


def test_a_request_for_one_phone_is_claimed_by_that_phone_alone() -> None:
    sim = Simulation()
    asked = sim.request(phone=PHONE)

    (stranger,) = sim.text(f"LOGIN {asked.ref}", OTHER_PHONE)
    (owner,) = sim.text(f"LOGIN {asked.ref}", PHONE)

    assert (stranger.kind, owner.kind) == ("ref_unknown", "code_claimed")


def test_letters_are_claimed_by_one_phone() -> None:
    sim = Simulation()
    asked = sim.request()
    sim.login(PHONE, f"LOGIN {asked.ref}")

    (late,) = sim.text(f"LOGIN {asked.ref}", OTHER_PHONE)

    assert late.kind == "ref_unknown"
    assert sim.verification(asked.id).phone == PHONE


def test_the_superseded_requests_code_approves_nothing() -> None:
    scene = awaiting_claimed()
    sim = scene.sim
    older = sim.of()[0]
    sim.login(words=good_ref(scene))

    assert [sent.kind for sent in sim.text(scene.right)] == ["wrong"]
    assert sim.check(older.id, scene.right) == AlreadyFinished("canceled")
    assert fate(sim.of()[0]) == "canceled:superseded"


def test_a_dead_request_asked_for_again_takes_the_place_of_a_newer_login() -> None:
    scene = dead_claimed()
    sim = scene.sim
    sim.login()
    sim.wait(61 * SECOND_MS)

    sim.text(f"LOGIN {scene.ref}")

    assert [fate(one) for one in sim.of()] == ["pending", "canceled:superseded"]


@pytest.mark.parametrize("state", ["awaiting-claimed", "dead-claimed", "page"])
def test_a_plain_login_neither_ends_nor_completes_a_web_apps_request(state: str) -> None:
    scene = STATES[state]()
    sim = scene.sim
    asked = sim.of()[0]
    for _ in range(2):
        for sent in sim.text("LOGIN"):
            if sent.kind == "code":
                sim.text(code_in(sent.text))
        sim.wait(61 * SECOND_MS)

    assert sim.of()[0].status == "pending"
    assert sim.of()[0].codes == asked.codes


def test_letters_whose_code_goes_on_the_page_leave_an_awaited_reply_alone() -> None:
    scene = awaiting()
    sim = scene.sim
    asked = sim.request(code_entry="page")

    (sent,) = sim.text(f"LOGIN {asked.ref}")

    assert sent.kind == "code_page"
    assert [one.status for one in sim.of()] == ["pending", "pending"]
