"""The figures: each with its goal, and the bar that it must reach."""

from __future__ import annotations

from typing import NamedTuple

from tests.benchmarks.table import table

_HEAD = ("figure", "measured", "goal", "bar", "verdict")


class Figure(NamedTuple):
    """With a unit (ms, s, MB, KiB) lower is better; without one it is a ratio: higher is better."""

    name: str
    goal: float
    bar: float
    unit: str = ""

    def verdict(self, value: float | None) -> str:
        """One or two words."""
        if value is None:
            return "no result"
        if self._reaches(value, self.goal):
            return "good"
        return "acceptable" if self._reaches(value, self.bar) else "BELOW"

    def text(self, value: float | None) -> str:
        """A value with its unit."""
        if value is None:
            return "-"
        if not self.unit:
            return f"{value:.3f}"
        return f"{value:.0f} {self.unit}" if value >= 100 else f"{value:.2f} {self.unit}"

    def _reaches(self, value: float, wanted: float) -> bool:
        return value <= wanted if self.unit else value >= wanted


class Measurement(NamedTuple):
    """A figure and its value, None if every run was invalid."""

    figure: Figure
    value: float | None

    @property
    def passes(self) -> bool:
        """Whether the value reaches the bar."""
        return self.figure.verdict(self.value) in ("good", "acceptable")

    @property
    def row(self) -> tuple[str, ...]:
        """Its line of the table."""
        figure = self.figure
        values = map(figure.text, (self.value, figure.goal, figure.bar))
        return (figure.name, *values, figure.verdict(self.value))


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
THROUGHPUT = {"login": LOGIN, "chat": CHAT, "code": CODE}
LOGIN_P99 = {
    "sqlite": Figure("p99 of LOGINs, 64 at a time, SQLite", 35, 60, "ms"),
    "postgresql": Figure("p99 of LOGINs, 64 at a time, PostgreSQL", 35, 60, "ms"),
}
LATENCY = {
    "sqlite": Figure("p50 of LOGINs, one at a time, SQLite", 1.0, 1.5, "ms"),
    "postgresql": Figure("p50 of LOGINs, one at a time, PostgreSQL", 1.6, 2.5, "ms"),
}
HISTORY = Figure("LOGINs with a million phones stored, to none", 0.95, 0.85)
END_TO_END = Figure("complete logins, texts sent by the SDK", 0.028, 0.020)
FIRST_PAGE = Figure("the first login page", 0.3, 0.3)
POLL_CACHED = Figure("polls answered 200 from memory", 1.0, 1.0)
POLL_UNCHANGED = Figure("polls answered 304 from memory", 1.3, 1.3)
POLL_STORED = {
    "sqlite": Figure("polls answered from the database, SQLite", 0.3, 0.3),
    "postgresql": Figure("polls answered from the database, PostgreSQL", 0.3, 0.3),
}
MIXED_LOAD = {
    "sqlite": Figure("slowest of LOGINs and twice as many polls, SQLite", 1000, 1000, "ms"),
    "postgresql": Figure("slowest of LOGINs and twice as many polls, PostgreSQL", 1000, 1000, "ms"),
}
WAITING_MEMORY = Figure("memory per waiting poll, 10,000 waiting", 16, 16, "KiB")
WAKE_ONE = Figure("answer to a cancel until answer to its poll", 2, 2, "ms")
WAKE_ALL = Figure("answer to a cancel until last of 10,000 polls", 1, 1, "s")
LOGIN_WHILE_WAITING = Figure("LOGINs with 10,000 waiting polls, to none", 0.95, 0.95)
WAKE_OTHER_PROCESS = Figure("the same with the poll at another process", 50, 50, "ms")
START = Figure("start until ready, SDK import takes 3 s", 1.5, 3.0, "s")
SENDING = Figure("from ready until texts are sent", 2.0, 2.0, "s")
MEMORY = Figure("memory after the first send", 170, 220, "MB")


def result_table(measurements: list[Measurement]) -> str:
    """One line per figure."""
    return table(_HEAD, [measurement.row for measurement in measurements])
