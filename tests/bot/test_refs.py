"""Refs: who may claim the request whose ref a page shows."""

from __future__ import annotations

import pytest

from bot.outcomes import AlreadyFinished
from tests.harness.constants import (
    BRITISH_PHONE,
    HOUR_MS,
    MINUTE_MS,
    OTHER_PHONE,
    PHONE,
    SECOND_MS,
)
from tests.harness.sent_texts import code_in, kinds
from tests.harness.simulation import Simulation
from tests.harness.states import (
    STATES,
    TEXTS,
    UNKNOWN_REF,
    awaiting,
    awaiting_claimed,
    dead_claimed,
    idle,
    locked,
    open_ref,
    others_ref,
    state_of,
    used_ref,
)


def test_unknown_used_and_other_phones_refs_get_the_same_answer() -> None:
    answers = set()
    for words in (TEXTS["unknown-ref"], used_ref, others_ref):
        scenario = idle()
        (answer,) = scenario.sim.text(words(scenario))
        answers.add(answer.text)

    assert len(answers) == 1


def test_after_five_wrong_refs_all_refs_are_ignored_for_an_hour_which_is_told_once() -> None:
    sim = Simulation()
    for _ in range(5):
        assert kinds(sim.text("LOGIN ZZZZZZ")) == ["ref_unknown"]
    sim.wait(20 * MINUTE_MS)

    requested = sim.request()
    (told,) = sim.text(f"LOGIN {requested.ref}")
    assert told.kind == "refs_blocked"
    assert " 40 min" in told.text
    assert sim.text("LOGIN ZZZZZZ") == []
    assert sim.text(f"LOGIN {requested.ref}") == []
    assert sim.verification(requested.id) == requested
    sim.wait(HOUR_MS)
    later = sim.request()
    assert kinds(sim.text(f"LOGIN {later.ref}")) == ["code_claimed"]


def test_letters_that_cannot_be_a_ref_are_not_counted() -> None:
    sim = Simulation()
    for _ in range(6):
        assert kinds(sim.text("LOGIN KTQMW")) == ["ref_unknown"]

    requested = sim.request()

    assert kinds(sim.text(f"LOGIN {requested.ref}")) == ["code_claimed"]


def test_plain_login_works_after_too_many_wrong_refs() -> None:
    sim = Simulation()
    for _ in range(6):
        sim.text("LOGIN ZZZZZZ")

    sim.text(sim.start_login())

    assert state_of(sim) == "approved"


def test_a_request_for_one_phone_can_be_claimed_by_that_phone_only() -> None:
    sim = Simulation()
    requested = sim.request(phone=PHONE)

    (other,) = sim.text(f"LOGIN {requested.ref}", OTHER_PHONE)
    (owner,) = sim.text(f"LOGIN {requested.ref}", PHONE)

    assert (other.kind, owner.kind) == ("ref_unknown", "code_claimed")


def test_a_claimed_ref_cannot_be_claimed_by_another_phone() -> None:
    sim = Simulation()
    requested = sim.request()
    sim.start_login(PHONE, f"LOGIN {requested.ref}")

    (late,) = sim.text(f"LOGIN {requested.ref}", OTHER_PHONE)

    assert late.kind == "ref_unknown"
    assert sim.verification(requested.id).phone == PHONE


def test_the_code_of_a_superseded_request_approves_nothing() -> None:
    scenario = awaiting_claimed()
    sim = scenario.sim
    older = sim.verifications()[0]
    sim.start_login(words=open_ref(scenario))

    assert kinds(sim.text(scenario.right_code)) == ["wrong"]
    assert sim.check(older.id, scenario.right_code) == AlreadyFinished("canceled")
    assert sim.statuses()[0] == "canceled:superseded"


def test_a_new_code_for_an_older_request_supersedes_a_newer_login() -> None:
    scenario = dead_claimed()
    sim = scenario.sim
    sim.start_login()
    sim.wait(61 * SECOND_MS)

    sim.text(f"LOGIN {scenario.ref}")

    assert sim.statuses() == [
        "pending",
        "canceled:superseded",
    ]


@pytest.mark.parametrize("state", ["awaiting-claimed", "dead-claimed", "page"])
def test_plain_login_neither_ends_nor_completes_a_web_apps_request(state: str) -> None:
    scenario = STATES[state]()
    sim = scenario.sim
    requested = sim.verifications()[0]
    for _ in range(2):
        for sent in sim.text("LOGIN"):
            if sent.kind == "code":
                sim.text(code_in(sent.text))
        sim.wait(61 * SECOND_MS)

    assert sim.verifications()[0].status == "pending"
    assert sim.verifications()[0].codes == requested.codes


def test_claiming_a_page_request_does_not_end_an_awaited_reply() -> None:
    scenario = awaiting()
    sim = scenario.sim
    requested = sim.request(code_entry="page")

    (sent,) = sim.text(f"LOGIN {requested.ref}")

    assert sent.kind == "code_page"
    assert sim.statuses() == ["pending", "pending"]


def test_a_new_code_that_the_cooldown_refuses_supersedes_nothing() -> None:
    scenario = dead_claimed()
    sim = scenario.sim
    sim.start_login()

    assert kinds(sim.text(f"LOGIN {scenario.ref}")) == ["wait_seconds"]
    assert sim.statuses() == ["pending", "pending"]
    assert state_of(sim) == "awaiting"


def test_wrong_refs_are_limited_for_phones_in_regions_that_are_not_allowed_too() -> None:
    sim = Simulation()
    requested = sim.request()
    for _ in range(5):
        sim.text(f"LOGIN {UNKNOWN_REF}", BRITISH_PHONE)

    sim.text(f"LOGIN {requested.ref}", BRITISH_PHONE)

    assert sim.verification(requested.id) == requested


def test_a_ref_for_a_page_code_works_while_replies_are_locked() -> None:
    scenario = locked()
    sim = scenario.sim
    sim.wait(61 * SECOND_MS)
    page, reply = sim.request(code_entry="page"), sim.request(code_entry="reply")

    assert kinds(sim.text(f"LOGIN {page.ref}")) == ["code_page"]
    assert kinds(sim.text(f"LOGIN {reply.ref}")) == ["locked"]
    assert sim.verification(reply.id) == reply


def test_wrong_refs_are_counted_while_replies_are_locked() -> None:
    scenario = locked()
    sim = scenario.sim
    for _ in range(5):
        sim.text("LOGIN ZZZZZZ")
    page = sim.request(code_entry="page")

    assert kinds(sim.text(f"LOGIN {page.ref}")) == ["refs_blocked"]
    assert sim.verification(page.id) == page


def test_login_names_the_page_that_waits_for_the_reply() -> None:
    sim = Simulation()
    requested = sim.request(label="Chrome on Mac")
    sim.start_login(words=f"LOGIN {requested.ref}")
    sim.wait(61 * SECOND_MS)

    (answer,) = sim.text("LOGIN")

    assert answer.kind == "page_waits_label"
    assert "Chrome on Mac" in answer.text
    assert answer.text.index("NO") < answer.text.rindex("code")
