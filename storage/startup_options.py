"""Settings of a connection as libpq's parameter `options` writes them, for poolers that refuse it.

PgBouncer by default accepts only a few startup parameters. Behind it the settings are made by a
statement after the connection is open, which costs a round trip.
"""

from __future__ import annotations

import re

import psycopg

_REFUSAL = re.compile(r"unsupported startup parameter\b.*\boptions\b")
#: One argument; a backslash takes the next character as it is.
_ARGUMENT = re.compile(r"(?:\\.|[^\\\s])+")
_ESCAPE = re.compile(r"\\(.)")
_SETTING = re.compile(r"(?:-c|--)?(?P<name>\w[\w.-]*)=(?P<value>.*)", re.DOTALL)


def refuses_options(error: psycopg.Error) -> bool:
    """Whether a pooler refused the connection because of the parameter `options`."""
    return _REFUSAL.search(str(error)) is not None


def as_statement(options: str) -> str | None:
    """SQL that makes the settings of `-c name=value` and `--name=value`, for the whole session; an
    empty text for none. None if there is another kind of argument."""
    arguments = [_ESCAPE.sub(r"\1", one) for one in _ARGUMENT.findall(options)]
    found = [_SETTING.fullmatch(one) for one in arguments if one != "-c"]
    calls = [_call(one["name"].replace("-", "_"), one["value"]) for one in found if one]
    if len(calls) < len(found):
        return None
    return f"SELECT {', '.join(calls)}; " if calls else ""


def _call(name: str, value: str) -> str:
    return f"set_config({_literal(name)}, {_literal(value)}, false)"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"
