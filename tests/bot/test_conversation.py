"""The conversation: its table of (state, text), cell by cell."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.outcomes import Duplicate
from tests.harness.simulation import (
    NUMBER,
    PHONE,
    fate,
    written,
)
from tests.harness.states import (
    STATES,
    TEXTS,
)

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


@pytest.mark.parametrize(
    ("state", "text", "reply", "after", "fates"),
    [pytest.param(*cell, id=f"{cell[1]} when {cell[0]}") for cell in CELLS],
)
def test_a_text_is_answered_as_the_table_says(
    state: str, text: str, reply: str, after: str, fates: str
) -> None:
    scene = STATES[state]()
    words = TEXTS[text](scene)

    answers = scene.sim.text(words)

    assert " ".join(answer.kind for answer in answers) == reply
    assert scene.sim.state() == after
    assert " ".join(map(fate, scene.sim.of())) == fates
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
    assert STATES[state]().sim.state() == state.split("-claimed")[0].replace("-", " ")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("state", STATES)
def test_the_same_event_again_changes_nothing(state: str, text: str) -> None:
    scene = STATES[state]()
    sim = scene.sim
    command = sim.texted(TEXTS[text](scene))
    sim.carry_out(command)

    (again,) = sim.decide(command)
    other_event = replace(sim.texted("LOGIN"), message_id=command.message_id)
    (renamed,) = sim.decide(other_event)

    for decision in (again, renamed):
        assert decision.outcome == Duplicate()
        assert written(decision) == []
