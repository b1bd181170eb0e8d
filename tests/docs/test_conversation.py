"""The tables of `docs/contract.md` about the conversation agree with the core."""

from __future__ import annotations

import tomllib

from tests.docs.markdown import DOCS, ROOT, code, read, sections, tables
from tests.harness.sent_texts import kinds
from tests.harness.states import STATES, TEXTS

CONVERSATION = sections(read(DOCS / "contract.md"))["3. The conversation"]
ENGLISH = tomllib.loads((ROOT / "bot/locales/en.toml").read_text(encoding="utf-8"))
KINDS = set(ENGLISH) - {"words", "pieces"}
#: The page's columns and rows → the states of the core's tests, and texts of these.
COLUMNS = ("idle", "awaiting", "awaiting-claimed", "dead", "dead-claimed", "page", "page-dead",
           "locked", "approved", "approved-earlier", "opted-out", "own-stop")  # fmt: skip
ROWS = {
    "LOGIN": "LOGIN",
    "LOGIN, open ref": "open-ref",
    "LOGIN, open ref of a page": "page-ref",
    "LOGIN, ref it has claimed": "same-ref",
    "LOGIN, unknown ref": "unknown-ref",
    "LOGIN, used ref": "used-ref",
    "LOGIN, ref for another phone": "others-ref",
    "mistyped ref": "mistyped-ref",
    "right code": "right-code",
    "earlier code": "earlier-code",
    "right code of a page": "page-code",
    "wrong code": "wrong-code",
    "code in other words": "code-in-text",
    "wrong length": "wrong-length",
    "RESEND": "RESEND",
    "no code came": "no-code-came",
    "NO": "NO",
    **{name: name for name in ("STATUS", "HELP", "STOP")},
    "own stop": "own-stop",
    "START": "START",
    "thanks": "thanks",
    "reaction": "reaction",
    "anything else": "other",
}
CELLS = {
    (state, name): cell
    for name, *cells in tables(CONVERSATION)["text"]
    for state, cell in zip(COLUMNS, cells, strict=True)
    if cell
}


def test_every_kind_of_text_and_no_other_is_listed() -> None:
    listed = [kind for kinds, _ in tables(CONVERSATION)["kind"] for kind in code(kinds)]

    assert sorted(listed) == sorted(KINDS)


def test_the_table_of_states_and_texts_is_whole() -> None:
    assert set(COLUMNS) == set(STATES)
    assert [name for name, *_ in tables(CONVERSATION)["text"]] == list(ROWS)
    assert set(TEXTS) == set(ROWS.values())


def test_a_text_is_answered_as_the_page_says() -> None:
    listed = {at: code(cell) for at, cell in CELLS.items()}

    assert {(state, name): answers(state, ROWS[name]) for state, name in CELLS} == listed


def answers(state: str, text: str) -> list[str]:
    """The kinds of text that a text gets in this state."""
    scenario = STATES[state]()
    return kinds(scenario.sim.text(TEXTS[text](scenario)))
