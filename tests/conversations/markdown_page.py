"""The scripts as a page of documentation, with example codes and refs in place of the braces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count

from tests.conversations.directions import Shows
from tests.conversations.placeholders import OUR_TEXT, fill, names
from tests.conversations.script import TELNYX, Answer, Remark, Says, Script, Step
from tests.docs.markdown import anchors

_INTRODUCTION = """\
# Conversations

What people text, on the left, and what their phones get back, on the right, word by word. What
happens meanwhile is in italics. The tests play every conversation against the service, on SQLite
and on PostgreSQL. The rules behind the answers are in
[section 3 of the contract](contract.md#3-the-conversation).

`make conversations` writes this page from the scripts in `tests/conversations`.
"""
_CODES = ("482915", "730164", "915827", "206438", "571093", "864210", "349756", "128047", "697385")
_REFS = ("KTQMWX", "BHZDRN", "VFLSGP")
#: The head of the column that several people share.
_ALL = "Everybody"
_NOTHING = "*nothing*"
_MARKUP = re.compile(r"([\\`*_<>|\[\]~])")
_INVISIBLE = re.compile("[\u200a-\u200f]")


def page(scripts: Iterable[Script]) -> str:
    """All scripts, with a table of contents."""
    scripts = list(scripts)
    contents = "\n".join(f"- [{one.title}](#{_anchor(one)}): {one.about}" for one in scripts)
    return "\n".join([_INTRODUCTION, contents, *map(_section, scripts), ""])


def _anchor(script: Script) -> str:
    (anchor,) = anchors(f"# {script.title}")
    return anchor


def _section(script: Script) -> str:
    people = {step.act.person for step in script.steps if isinstance(step.act, Says)}
    head = people.pop() if len(people) == 1 else _ALL
    rows = "\n".join(_rows(script, names_people=head == _ALL))
    table = f"| {head} | What comes back |\n|---|---|\n{rows}"
    return f"\n## {script.title}\n\n{script.about}\n\n{table}"


def _rows(script: Script, *, names_people: bool) -> Iterator[str]:
    examples = _Examples()
    for step in script.steps:
        left = _left(step, examples, names_people=names_people)
        yield f"| {left} | {_right(step, examples)} |"


class _Examples:
    """The value of each placeholder of one script."""

    def __init__(self) -> None:
        self._codes, self._refs = iter(_CODES), iter(_REFS)
        self._further = count(100_003, 98_765)
        self.values: dict[str, str] = {}

    def name_ref(self, name: str) -> None:
        self.values[name] = next(self._refs)

    def fill_answer(self, answer: Answer) -> str:
        for name in names(answer.words):
            self.values[name] = next(self._codes, None) or str(next(self._further))
        self.values[OUR_TEXT] = fill(answer.whole, self.values)
        return self.values[OUR_TEXT]


def _left(step: Step, examples: _Examples, *, names_people: bool) -> str:
    match step.act:
        case Says(person, words):
            said = _visible(fill(words, examples.values))
            return f"**{person}:** {said}" if names_people else said
        case Remark(words):
            return f"*{_visible(words)}*"
        case Shows(ref=ref):
            examples.name_ref(ref)
    words = fill(step.source[1:-1], examples.values)
    return f"*{_visible(words[0].upper() + words[1:])}*"


def _right(step: Step, examples: _Examples) -> str:
    texts = [_answer(answer, examples) for answer in step.answers]
    silence = _NOTHING if isinstance(step.act, Says) else ""
    return "<br>".join(texts) or silence


def _answer(answer: Answer, examples: _Examples) -> str:
    words = _visible(examples.fill_answer(answer))
    return f"*{TELNYX}'s own answer:* {words}" if answer.sender == TELNYX else words


def _visible(words: str) -> str:
    """As Markdown that shows these words."""
    escaped = _MARKUP.sub(r"\\\1", _INVISIBLE.sub("", words))
    return escaped.replace("\n", "<br>")
