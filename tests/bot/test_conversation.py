"""The conversation's table: what is answered to each text in each state, and what it changes."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from msgspec.structs import replace

from bot.outcomes import Duplicate
from tests.harness.constants import NUMBER, PHONE
from tests.harness.decisions import rows_written
from tests.harness.sent_texts import kinds
from tests.harness.states import STATES, TEXTS, state_of


class Cell(NamedTuple):
    """One row of the table. The names are its columns."""

    text: str
    state: str
    answer: str
    state_after: str
    verifications_after: str


#: `–` is none. The verifications are this phone's, oldest first, by status and reason.
TABLE = """\
text         | state            | answer          | state after | verifications after
-------------+------------------+-----------------+-------------+-----------------------------------
LOGIN        | idle             | code            | awaiting    | pending
LOGIN        | awaiting         | code            | awaiting    | pending
LOGIN        | awaiting-claimed | reply_or_no     | awaiting    | pending
LOGIN        | dead             | code            | awaiting    | pending
LOGIN        | dead-claimed     | code            | awaiting    | pending, pending
LOGIN        | page             | code            | awaiting    | pending, pending
LOGIN        | locked           | locked          | locked      | denied, pending
LOGIN        | approved         | code            | awaiting    | approved, pending
LOGIN        | opted-out        | code            | opted-out   | failed:opted_out, failed:opted_out

open-ref     | idle             | code_claimed    | awaiting    | pending
open-ref     | awaiting         | code_claimed    | awaiting    | canceled:superseded, pending
open-ref     | awaiting-claimed | code_claimed    | awaiting    | canceled:superseded, pending
open-ref     | dead             | code_claimed    | awaiting    | canceled:superseded, pending
open-ref     | dead-claimed     | code_claimed    | awaiting    | canceled:superseded, pending
open-ref     | page             | code_claimed    | awaiting    | pending, pending
open-ref     | locked           | locked          | locked      | denied, pending
open-ref     | approved         | code_claimed    | awaiting    | approved, pending
open-ref     | opted-out        | code_claimed    | opted-out   | failed:opted_out, failed:opted_out

same-ref     | awaiting-claimed | code_claimed    | awaiting    | pending
same-ref     | dead-claimed     | code_claimed    | awaiting    | pending

unknown-ref  | idle             | ref_unknown     | idle        | –
unknown-ref  | awaiting         | ref_unknown     | awaiting    | pending
unknown-ref  | awaiting-claimed | ref_unknown     | awaiting    | pending
unknown-ref  | dead             | ref_unknown     | dead        | pending
unknown-ref  | dead-claimed     | ref_unknown     | dead        | pending
unknown-ref  | page             | ref_unknown     | page        | pending
unknown-ref  | locked           | locked          | locked      | denied, pending
unknown-ref  | approved         | ref_unknown     | approved    | approved
unknown-ref  | opted-out        | –               | opted-out   | failed:opted_out

used-ref     | idle             | ref_unknown     | idle        | –
used-ref     | awaiting         | ref_unknown     | awaiting    | pending
used-ref     | awaiting-claimed | ref_unknown     | awaiting    | pending
used-ref     | dead             | ref_unknown     | dead        | pending
used-ref     | dead-claimed     | ref_unknown     | dead        | pending
used-ref     | page             | ref_unknown     | page        | pending
used-ref     | locked           | locked          | locked      | denied, pending
used-ref     | approved         | ref_unknown     | approved    | approved
used-ref     | opted-out        | –               | opted-out   | failed:opted_out

others-ref   | idle             | ref_unknown     | idle        | –
others-ref   | awaiting         | ref_unknown     | awaiting    | pending
others-ref   | awaiting-claimed | ref_unknown     | awaiting    | pending
others-ref   | dead             | ref_unknown     | dead        | pending
others-ref   | dead-claimed     | ref_unknown     | dead        | pending
others-ref   | page             | ref_unknown     | page        | pending
others-ref   | locked           | locked          | locked      | denied, pending
others-ref   | approved         | ref_unknown     | approved    | approved
others-ref   | opted-out        | –               | opted-out   | failed:opted_out

mistyped-ref | idle             | ref_unknown     | idle        | –
mistyped-ref | awaiting         | ref_unknown     | awaiting    | pending
mistyped-ref | awaiting-claimed | ref_unknown     | awaiting    | pending
mistyped-ref | dead             | ref_unknown     | dead        | pending
mistyped-ref | dead-claimed     | ref_unknown     | dead        | pending
mistyped-ref | page             | ref_unknown     | page        | pending
mistyped-ref | locked           | locked          | locked      | denied, pending
mistyped-ref | approved         | ref_unknown     | approved    | approved
mistyped-ref | opted-out        | –               | opted-out   | failed:opted_out

right-code   | idle             | nothing_waits   | idle        | –
right-code   | awaiting         | approved        | approved    | approved
right-code   | awaiting-claimed | approved        | approved    | approved
right-code   | dead             | code_expired    | dead        | pending
right-code   | dead-claimed     | code_expired    | dead        | pending
right-code   | page             | type_on_page    | page        | pending
right-code   | locked           | locked          | locked      | denied, pending
right-code   | approved         | already_done    | approved    | approved
right-code   | opted-out        | –               | opted-out   | failed:opted_out

wrong-code   | idle             | nothing_waits   | idle        | –
wrong-code   | awaiting         | wrong           | awaiting    | pending
wrong-code   | awaiting-claimed | wrong           | awaiting    | pending
wrong-code   | dead             | code_expired    | dead        | pending
wrong-code   | dead-claimed     | code_expired    | dead        | pending
wrong-code   | page             | type_on_page    | page        | pending
wrong-code   | locked           | locked          | locked      | denied, pending
wrong-code   | approved         | hint            | approved    | approved
wrong-code   | opted-out        | –               | opted-out   | failed:opted_out

code-in-text | idle             | hint            | idle        | –
code-in-text | awaiting         | code_alone      | awaiting    | pending
code-in-text | awaiting-claimed | code_alone      | awaiting    | pending
code-in-text | dead             | code_alone      | dead        | pending
code-in-text | dead-claimed     | code_alone      | dead        | pending
code-in-text | page             | hint            | page        | pending
code-in-text | locked           | –               | locked      | denied, pending
code-in-text | approved         | hint            | approved    | approved
code-in-text | opted-out        | –               | opted-out   | failed:opted_out

wrong-length | idle             | hint            | idle        | –
wrong-length | awaiting         | code_alone      | awaiting    | pending
wrong-length | awaiting-claimed | code_alone      | awaiting    | pending
wrong-length | dead             | code_alone      | dead        | pending
wrong-length | dead-claimed     | code_alone      | dead        | pending
wrong-length | page             | hint            | page        | pending
wrong-length | locked           | –               | locked      | denied, pending
wrong-length | approved         | hint            | approved    | approved
wrong-length | opted-out        | –               | opted-out   | failed:opted_out

RESEND       | idle             | nothing_waits   | idle        | –
RESEND       | awaiting         | code            | awaiting    | pending
RESEND       | awaiting-claimed | code_claimed    | awaiting    | pending
RESEND       | dead             | code            | awaiting    | pending
RESEND       | dead-claimed     | code_claimed    | awaiting    | pending
RESEND       | page             | code_page       | page        | pending
RESEND       | locked           | locked          | locked      | denied, pending
RESEND       | approved         | nothing_waits   | approved    | approved
RESEND       | opted-out        | –               | opted-out   | failed:opted_out

NO           | idle             | nothing_waits   | idle        | –
NO           | awaiting         | denied          | idle        | denied
NO           | awaiting-claimed | denied          | idle        | denied
NO           | dead             | denied          | idle        | denied
NO           | dead-claimed     | denied          | idle        | denied
NO           | page             | denied          | idle        | denied
NO           | locked           | denied          | locked      | denied, denied
NO           | approved         | denied          | idle        | denied:repudiated
NO           | opted-out        | –               | opted-out   | failed:opted_out

STATUS       | idle             | status_idle     | idle        | –
STATUS       | awaiting         | status_awaiting | awaiting    | pending
STATUS       | awaiting-claimed | status_awaiting | awaiting    | pending
STATUS       | dead             | status_dead     | dead        | pending
STATUS       | dead-claimed     | status_dead     | dead        | pending
STATUS       | page             | status_page     | page        | pending
STATUS       | locked           | status_locked   | locked      | denied, pending
STATUS       | approved         | status_approved | approved    | approved
STATUS       | opted-out        | –               | opted-out   | failed:opted_out

HELP         | idle             | help            | idle        | –
HELP         | awaiting         | help            | awaiting    | pending
HELP         | awaiting-claimed | help            | awaiting    | pending
HELP         | dead             | help            | dead        | pending
HELP         | dead-claimed     | help            | dead        | pending
HELP         | page             | help            | page        | pending
HELP         | locked           | help            | locked      | denied, pending
HELP         | approved         | help            | approved    | approved
HELP         | opted-out        | –               | opted-out   | failed:opted_out

STOP         | idle             | –               | opted-out   | –
STOP         | awaiting         | –               | opted-out   | failed:opted_out
STOP         | awaiting-claimed | –               | opted-out   | failed:opted_out
STOP         | dead             | –               | opted-out   | failed:opted_out
STOP         | dead-claimed     | –               | opted-out   | failed:opted_out
STOP         | page             | –               | opted-out   | failed:opted_out
STOP         | locked           | –               | opted-out   | denied, failed:opted_out
STOP         | approved         | –               | opted-out   | approved
STOP         | opted-out        | –               | opted-out   | failed:opted_out

own-stop     | idle             | stopped         | opted-out   | –
own-stop     | awaiting         | stopped         | opted-out   | failed:opted_out
own-stop     | awaiting-claimed | stopped         | opted-out   | failed:opted_out
own-stop     | dead             | stopped         | opted-out   | failed:opted_out
own-stop     | dead-claimed     | stopped         | opted-out   | failed:opted_out
own-stop     | page             | stopped         | opted-out   | failed:opted_out
own-stop     | locked           | stopped         | opted-out   | denied, failed:opted_out
own-stop     | approved         | stopped         | opted-out   | approved
own-stop     | opted-out        | –               | opted-out   | failed:opted_out

START        | idle             | –               | idle        | –
START        | awaiting         | –               | awaiting    | pending
START        | awaiting-claimed | –               | awaiting    | pending
START        | dead             | –               | dead        | pending
START        | dead-claimed     | –               | dead        | pending
START        | page             | –               | page        | pending
START        | locked           | –               | locked      | denied, pending
START        | approved         | –               | approved    | approved
START        | opted-out        | –               | idle        | failed:opted_out

thanks       | idle             | –               | idle        | –
thanks       | awaiting         | –               | awaiting    | pending
thanks       | awaiting-claimed | –               | awaiting    | pending
thanks       | dead             | –               | dead        | pending
thanks       | dead-claimed     | –               | dead        | pending
thanks       | page             | –               | page        | pending
thanks       | locked           | –               | locked      | denied, pending
thanks       | approved         | –               | approved    | approved
thanks       | opted-out        | –               | opted-out   | failed:opted_out

reaction     | idle             | –               | idle        | –
reaction     | awaiting         | –               | awaiting    | pending
reaction     | awaiting-claimed | –               | awaiting    | pending
reaction     | dead             | –               | dead        | pending
reaction     | dead-claimed     | –               | dead        | pending
reaction     | page             | –               | page        | pending
reaction     | locked           | –               | locked      | denied, pending
reaction     | approved         | –               | approved    | approved
reaction     | opted-out        | –               | opted-out   | failed:opted_out

other        | idle             | hint            | idle        | –
other        | awaiting         | hint            | awaiting    | pending
other        | awaiting-claimed | hint            | awaiting    | pending
other        | dead             | hint            | dead        | pending
other        | dead-claimed     | hint            | dead        | pending
other        | page             | hint            | page        | pending
other        | locked           | –               | locked      | denied, pending
other        | approved         | hint            | approved    | approved
other        | opted-out        | –               | opted-out   | failed:opted_out
"""
CELLS = [
    Cell(*(column.strip(" –") for column in row.split("|")))
    for row in TABLE.splitlines()[2:]
    if row
]
#: Only in these states has the phone claimed a ref.
CLAIMED = ("awaiting-claimed", "dead-claimed")


@pytest.mark.parametrize("state", STATES)
def test_texts_are_answered_as_the_table_says(state: str) -> None:
    cells = [cell for cell in CELLS if cell.state == state]

    assert [carried_out(cell.state, cell.text) for cell in cells] == cells


def carried_out(state: str, text: str) -> Cell:
    """The row that the table must have for this text in this state."""
    scenario = STATES[state]()
    sim = scenario.sim
    answers = sim.text(TEXTS[text](scenario))
    assert all((answer.phone, answer.number) == (PHONE, NUMBER) for answer in answers)
    return Cell(text, state, " ".join(kinds(answers)), state_of(sim), ", ".join(sim.statuses()))


def test_the_table_has_every_cell() -> None:
    cells = [(cell.state, cell.text) for cell in CELLS]

    assert len(set(cells)) == len(cells)
    assert set(cells) == {
        (state, text)
        for state in STATES
        for text in TEXTS
        if text != "same-ref" or state in CLAIMED
    }


@pytest.mark.parametrize("state", STATES)
def test_each_scenario_is_in_the_state_of_its_name(state: str) -> None:
    assert state_of(STATES[state]().sim) == state.removesuffix("-claimed")


@pytest.mark.parametrize("state", STATES)
def test_a_duplicate_text_changes_nothing(state: str) -> None:
    for text in TEXTS:
        changes_nothing_when_repeated(state, text)


def changes_nothing_when_repeated(state: str, text: str) -> None:
    scenario = STATES[state]()
    sim = scenario.sim
    command = sim.text_command(TEXTS[text](scenario))
    sim.carry_out(command)

    (again,) = sim.decide(command)
    other_event = replace(sim.text_command("LOGIN"), message_id=command.message_id)
    (renamed,) = sim.decide(other_event)

    for decision in (again, renamed):
        assert decision.outcome == Duplicate(), text
        assert rows_written(decision) == [], text
