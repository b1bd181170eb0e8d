"""SECURITY.md agrees with the runs of `make cost`, and each standard's row names a test."""

from __future__ import annotations

import re

from tests.attacks.cost import ROWS, dollars
from tests.docs.markdown import ROOT, sections

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def rows(section: str) -> list[list[str]]:
    """The cells of the tables of a section."""
    lines = sections(PAGE)[section].splitlines()
    return [[cell.strip() for cell in one.strip("|").split("|")] for one in lines if one[:1] == "|"]


def test_the_cost_table_has_the_figures_of_the_runs() -> None:
    found = [[row.attack, str(texts := row.run()), dollars(texts)] for row in ROWS]

    assert rows("Cost")[2:] == found


def test_each_requirement_names_a_test() -> None:
    named = [row[-1] for row in rows("Standards") if not re.match(r"-+$|test$", row[-1])]

    assert len(named) > 5
    assert [one for one in named if not re.fullmatch(r"`tests/[\w/]+\.py:test_\w+`", one)] == []
