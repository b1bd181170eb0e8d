"""Enough of PromQL to read the rules of docs/operations: a parser that finds the series."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9.]+)(?![a-z])|(?P<name>[a-z_]+)|(?P<text>\"[^\"]*\")"
    r"|(?P<range>\[[0-9]+[smhd]\])|(?P<sign>=~|==|>=|<=|!=|[-+*/<>=(){},]))"
)
_FUNCTIONS = {"absent", "increase", "rate", "histogram_quantile"}
_AGGREGATIONS = {"sum", "min", "max"}
_OPERATORS = {"and", "or", "unless", "/", "*", "+", "-", "<", ">", "==", "<=", ">=", "!="}
#: Its name, and what its labels must be.
Series = tuple[str, dict[str, str]]


class Expression:
    """A parsed expression. Raises ValueError where it is none."""

    def __init__(self, text: str) -> None:
        self.series: list[Series] = []
        self._tokens = _tokens(text)
        self._expression()
        if self._tokens:
            raise ValueError(f"{self._tokens[0]!r} does not belong there")

    def _expression(self) -> None:
        self._operand()
        while self._next() in _OPERATORS:
            self._tokens.pop(0)
            self._operand()

    def _operand(self) -> None:
        token = self._take()
        if token == "(":
            self._expression()
            self._take(")")
        elif token in _AGGREGATIONS:
            if self._next() == "by":
                for token in ("by", "("):
                    self._take(token)
                self._take()  # one label
                self._take(")")
            self._arguments()
        elif token in _FUNCTIONS:
            self._arguments()
        elif not token[0].isdigit():
            self._selector(token)

    def _arguments(self) -> None:
        self._take("(")
        self._expression()
        while self._next() == ",":
            self._take(",")
            self._expression()
        self._take(")")

    def _selector(self, name: str) -> None:
        if not name.isidentifier():
            raise ValueError(f"{name!r} is no series")
        labels: dict[str, str] = {}
        if self._next() == "{":
            self._take("{")
            label, sign, value = self._take(), self._take(), self._take()
            if sign not in ("=", "=~") or value[0] != '"':
                raise ValueError(f"{label}{sign}{value} is no matcher")
            labels[label] = value.strip('"')
            self._take("}")
        if self._next().startswith("["):
            self._take()
        self.series.append((name, labels))

    def _next(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self, wanted: str | None = None) -> str:
        if not self._tokens or (wanted and self._tokens[0] != wanted):
            raise ValueError(f"{wanted or 'more'} is missing")
        return self._tokens.pop(0)


def _tokens(text: str) -> list[str]:
    found, end = [], 0
    while text[end:].strip():
        match = _TOKEN.match(text, end)
        if match is None:
            raise ValueError(f"{text[end:]!r} cannot be read")
        found.append(match[0].strip())
        end = match.end()
    return found
