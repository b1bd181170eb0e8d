"""A script file → a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.conversations.directions import Direction, direction
from tests.conversations.script import (
    FOLDER,
    LINE_BREAK,
    SERVICE,
    TELNYX,
    Answer,
    Remark,
    Says,
    Script,
    Step,
)

_SILENCE = "(nothing comes back)"
_SAYS = re.compile(r"(?P<person>[A-Z]\w*): (?P<words>.+)")


class ScriptError(ValueError):
    """A line that is not in the notation. The message names the file and the line."""


def read_all() -> list[Script]:
    """Every script, in the order of the files' names."""
    return [read(path) for path in sorted(FOLDER.glob("*.txt"))]


def read(path: Path) -> Script:
    """One script. Raises ScriptError."""
    return parse(path.stem, path.read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Script:
    """The script in a file of this name. Raises ScriptError."""
    head, _, body = text.partition("\n\n")
    title, _, about = head.partition("\n")
    if not about or not body:
        raise ScriptError(f"{name}: a title, a sentence, an empty line and the dialogue are needed")
    first_line = head.count("\n") + 3
    steps = tuple(_steps(name, body, first_line))
    return Script(name, title.strip(), " ".join(about.split()), steps)


def _steps(name: str, body: str, first_line: int) -> Iterator[Step]:
    for at, (source, indented) in _blocks(body, first_line):
        try:
            yield _step(source, indented)
        except ValueError as error:
            raise ScriptError(f"{name}, line {at}: {error}") from error


def _blocks(body: str, first_line: int) -> list[tuple[int, tuple[str, list[str]]]]:
    """Each line with its number and the indented lines below it."""
    blocks: list[tuple[int, tuple[str, list[str]]]] = []
    for at, line in enumerate(body.splitlines(), first_line):
        if not line.strip():
            continue
        if line.startswith(" ") and blocks:
            blocks[-1][1][1].append(line.strip())
        else:
            blocks.append((at, (line.strip(), [])))
    return blocks


def _step(source: str, indented: list[str]) -> Step:
    answers = tuple(_answer(line) for line in indented if line != _SILENCE)
    if bool(answers) == (_SILENCE in indented) and indented:
        raise ValueError(f"either texts or {_SILENCE}")
    step = Step(source, _act(source), answers)
    if isinstance(step.act, Says) and not indented:
        raise ValueError(f"what comes back? A text, or {_SILENCE}")
    if answers and step.person is None:
        raise ValueError("nobody is named who could get a text")
    return step


def _act(source: str) -> Says | Remark | Direction:
    if source.startswith("[") and source.endswith("]"):
        return direction(source[1:-1])
    if source.startswith("(") and source.endswith(")"):
        return Remark(source[1:-1])
    if says := _SAYS.fullmatch(source):
        return Says(says["person"], says["words"].replace(LINE_BREAK, "\n"))
    raise ValueError(f"not in the notation: {source}")


def _answer(line: str) -> Answer:
    sender, _, words = line.partition(": ")
    if sender not in (SERVICE, TELNYX) or not words:
        raise ValueError(f"a text that comes back begins with {SERVICE} or {TELNYX}: {line}")
    return Answer(sender, words.replace(LINE_BREAK, "\n"))
