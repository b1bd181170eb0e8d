"""The conversation's table: what is answered to each text in each state, and what it changes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from bot.outcomes import Duplicate
from tests.harness.constants import NUMBER, PHONE
from tests.harness.decisions import rows_written
from tests.harness.sent_texts import kinds
from tests.harness.states import STATES, TEXTS, WITHIN, state_of


class Cell(NamedTuple):
    """One row of the table. The names are its columns."""

    text: str
    state: str
    answer: str
    state_after: str
    verifications_after: str


#: `–` is none. The verifications are this phone's, oldest first, by status and reason.
TABLE = Path(__file__).with_name("conversation_table.txt").read_text(encoding="utf-8")
CELLS = [
    Cell(*(column.strip(" –") for column in row.split("|")))
    for row in TABLE.splitlines()[2:]
    if row
]
#: The texts that exist in some states only: where the phone has claimed a ref, where a code is out.
ONLY_IN = {
    "same-ref": ("awaiting-claimed", "dead-claimed"),
    "earlier-code": ("awaiting", "awaiting-claimed"),
    "page-code": ("awaiting", "awaiting-claimed"),
}


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
        (state, text) for state in STATES for text in TEXTS if state in ONLY_IN.get(text, STATES)
    }


@pytest.mark.parametrize("state", STATES)
def test_each_scenario_is_in_the_state_of_its_name(state: str) -> None:
    wider = WITHIN.get(state, state.removesuffix("-claimed"))
    assert state_of(STATES[state]().sim) == wider


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
