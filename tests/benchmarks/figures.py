"""What is promised: each figure's goal, and the bar under which it is not acceptable."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """Ratios and rates want to be high; what has a unit (ms, s, MB) wants to be low."""

    name: str
    goal: float
    bar: float
    unit: str = ""

    def verdict(self, measured: float | None) -> str:
        """In a word."""
        if measured is None:
            return "void"
        if self._reaches(measured, self.goal):
            return "good"
        return "acceptable" if self._reaches(measured, self.bar) else "BELOW"

    def _reaches(self, measured: float, wanted: float) -> bool:
        return measured <= wanted if self.unit else measured >= wanted


class Measured(NamedTuple):
    """A figure and what came out."""

    figure: Figure
    value: float | None

    @property
    def passes(self) -> bool:
        """Whether it is acceptable."""
        return self.figure.verdict(self.value) in ("good", "acceptable")


LOGIN = {
    "sqlite": Figure("LOGINs of new phones, SQLite", 0.24, 0.18),
    "postgresql": Figure("LOGINs of new phones, PostgreSQL", 0.25, 0.19),
}
CHAT = {
    "sqlite": Figure("texts without an answer, SQLite", 0.30, 0.23),
    "postgresql": Figure("texts without an answer, PostgreSQL", 0.31, 0.23),
}
CODE = {
    "sqlite": Figure("LOGIN and the right code, SQLite", 0.22, 0.16),
    "postgresql": Figure("LOGIN and the right code, PostgreSQL", 0.23, 0.17),
}
P99 = {
    "sqlite": Figure("p99 of LOGINs, 64 at once, SQLite", 35, 60, "ms"),
    "postgresql": Figure("p99 of LOGINs, 64 at once, PostgreSQL", 35, 60, "ms"),
}
ALONE = {
    "sqlite": Figure("p50 of LOGINs, one at a time, SQLite", 1.0, 1.5, "ms"),
    "postgresql": Figure("p50 of LOGINs, one at a time, PostgreSQL", 1.6, 2.5, "ms"),
}
HISTORY = Figure("LOGINs beside a million phones, to an empty file", 0.95, 0.85)
WHOLE = Figure("whole logins, with the SDK's sends", 0.028, 0.020)
POLL = Figure("polls answered from memory, 200", 1.0, 1.0)
UNCHANGED = Figure("polls answered from memory, 304", 1.3, 1.3)
UNHELD = {
    "sqlite": Figure("polls of what is not in memory, SQLite", 0.3, 0.3),
    "postgresql": Figure("polls of what is not in memory, PostgreSQL", 0.3, 0.3),
}
STORM = {
    "sqlite": Figure("slowest of LOGINs and twice as many polls, SQLite", 1000, 1000, "ms"),
    "postgresql": Figure("slowest of LOGINs and twice as many polls, PostgreSQL", 1000, 1000, "ms"),
}
WAITER = Figure("memory of one of 10,000 waiting polls", 16, 16, "KiB")
WOKEN = Figure("from a commit's answer to that of who waited", 2, 2, "ms")
ALL_WOKEN = Figure("from a commit's answer to the last of 10,000", 1, 1, "s")
BESIDE = Figure("LOGINs beside 10,000 waiting polls, to none", 0.95, 0.95)
ACROSS = Figure("from one process's commit to the other's answer", 50, 50, "ms")
START = Figure("start to ready, the SDK taking 3 s", 1.5, 3.0, "s")
MEMORY = Figure("memory after the first send", 170, 220, "MB")


def table(measured: list[Measured]) -> str:
    """As text, a line a figure."""
    head = ("figure", "measured", "goal", "bar", "verdict")
    lines = [
        (
            one.figure.name,
            "-" if one.value is None else _number(one.value, one.figure),
            _number(one.figure.goal, one.figure),
            _number(one.figure.bar, one.figure),
            one.figure.verdict(one.value),
        )
        for one in measured
    ]
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    return "\n".join(_line(line, widths) for line in (head, *lines))


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    name, *numbers, verdict = (
        cell.ljust(width) if number in (0, len(cells) - 1) else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join((name, *numbers, verdict)).rstrip()


def _number(value: float, figure: Figure) -> str:
    if not figure.unit:
        return f"{value:.3f}"
    return f"{value:.0f} {figure.unit}" if value >= 100 else f"{value:.2f} {figure.unit}"
