"""The pages and the Markdown that they use: sections, tables, code spans, links."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: Every page whose links and references are checked.
PAGES = [
    *(ROOT / f"{one}.md" for one in ("README", "CONTRIBUTING", "SECURITY")),
    *sorted(DOCS.rglob("*.md")),
]
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def read(page: Path) -> str:
    """A page without its code blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def name(page: Path) -> str:
    """The page's path in the repository, which names its tests."""
    return page.relative_to(ROOT).as_posix()


def sections(text: str) -> dict[str, str]:
    """Heading → the text below it, up to the next heading of its level or above."""
    found = {}
    headings = list(_HEADING.finditer(text))
    for at, heading in enumerate(headings):
        level = len(heading[1])
        later = (one.start() for one in headings[at + 1 :] if len(one[1]) <= level)
        found[heading[2]] = text[heading.end() : next(later, len(text))]
    return found


def tables(text: str) -> dict[str, list[list[str]]]:
    """The first cell of a table's head → its rows, cell by cell."""
    found: dict[str, list[list[str]]] = {}
    for block in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        head, _, *rows = [_cells(line) for line in block.splitlines()]
        assert all(len(row) == len(head) for row in rows), head
        found.setdefault(head[0], []).extend(rows)
    return found


def code(text: str) -> list[str]:
    """Everything between backticks, in order."""
    return _CODE.findall(text)


def links(text: str) -> list[str]:
    """The targets of the links of a page."""
    return _LINK.findall(text)


def anchors(text: str) -> set[str]:
    """The fragments that link to the headings of a page."""
    plain = (re.sub(r"[^\w\- ]", "", heading[2].lower()) for heading in _HEADING.finditer(text))
    return {heading.replace(" ", "-") for heading in plain}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
