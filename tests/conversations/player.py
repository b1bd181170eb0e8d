"""Plays a script against a running service, and compares every text that comes back."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.conversations.directions import Delays, HasNumber, Reads, Waits
from tests.conversations.pages import Pages
from tests.conversations.placeholders import OUR_TEXT, fill, match
from tests.conversations.script import LINE_BREAK, TELNYX, Answer, Remark, Says, Script, Step
from tests.harness.running_service import RunningService
from webhooks.sandbox.keywords import ANSWERS

#: What cannot make the service text.
_TEXTLESS = (Remark, Delays, HasNumber, Reads)
_INDENT = "    "
#: Each script has an exchange of its own, since some limits count by prefix.
_FIRST_EXCHANGE = 555


@dataclass
class Person:
    """A phone, and how many texts it has got."""

    number: str
    seen: int = 0


@dataclass
class Player:
    """One script on one service. `number` differs from that of every other script there."""

    service: RunningService
    number: int = 0
    people: dict[str, Person] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    dialogue: list[str] = field(default_factory=list)
    delay_ms: int = 0
    pages: Pages = field(init=False)

    def __post_init__(self) -> None:
        self.pages = Pages(self.service.web_app(), self.values)

    async def play(self, script: Script) -> None:
        """Raises AssertionError with the dialogue so far, at the first difference."""
        self.dialogue.append(f"{script.title} ({script.name}.txt)")
        for step in script.steps:
            await self._play(step)

    async def _play(self, step: Step) -> None:
        self.dialogue.append(step.source)
        try:
            await self._act(step)
        except (AssertionError, ValueError) as error:
            raise AssertionError(self._so_far(str(error))) from error
        if not isinstance(step.act, _TEXTLESS):
            await self._compare(step)

    async def _act(self, step: Step) -> None:
        match step.act:
            case Says(person, words):
                await self._text(person, fill(words, self.values))
            case Waits(milliseconds):
                self.service.clock.advance(milliseconds)
            case Delays(milliseconds):
                self.delay_ms = milliseconds
            case HasNumber(person, number):
                self.people[person] = Person(number)
            case Remark():
                pass
            case direction:
                phone = self._person(step.person).number if step.person else None
                await self.pages.carry_out(direction, phone)

    async def _text(self, person: str, words: str) -> None:
        number, late_ms, self.delay_ms = self._person(person).number, self.delay_ms, 0
        if late_ms:
            status = await self.service.text_late(number, words, late_ms)
        else:
            status = await self.service.text(number, words)
        assert status == 200, f"the webhook was answered with {status}"

    def _person(self, name: str) -> Person:
        number = f"+1202{_FIRST_EXCHANGE + self.number}01{len(self.people):02}"
        return self.people.setdefault(name, Person(number))

    # -- what comes back ---------------------------------------------------------------------------

    async def _compare(self, step: Step) -> None:
        await self.service.idle()
        for name, person in self.people.items():
            got = await self._unread(person)
            self.dialogue += [_INDENT + _one_line(one) for one in got]
            wanted = step.answers if name == step.person else ()
            self._compare_texts(name, wanted, got)

    def _compare_texts(self, name: str, wanted: tuple[Answer, ...], got: list[Answer]) -> None:
        found = [self._codes(one, two) for one, two in zip(wanted, got, strict=False)]
        if len(wanted) != len(got) or None in found:
            expected = "\n".join(map(_one_line, wanted)) or "nothing"
            raise AssertionError(self._so_far(f"{name} was to get\n{expected}"))
        for codes in found:
            self.values.update(codes or {})

    def _codes(self, wanted: Answer, got: Answer) -> dict[str, str] | None:
        if wanted.sender != got.sender:
            return None
        self.values[OUR_TEXT] = got.whole
        return match(wanted.words, got.words, self.values)

    async def _unread(self, person: Person) -> list[Answer]:
        texts = (await self.service.everything_to(person.number))[person.seen :]
        person.seen += len(texts)
        return [_answer(text["text"]) for text in texts]

    def _so_far(self, error: str) -> str:
        return "\n".join(["", *self.dialogue, "", error])


def _answer(text: str) -> Answer:
    if text in ANSWERS.values():
        return Answer(TELNYX, text)
    sender, _, words = text.partition(": ")
    return Answer(sender, words)


def _one_line(answer: Answer) -> str:
    return f"{answer.sender}: {answer.words}".replace("\n", LINE_BREAK)
