"""The log on standard error: one event a line, as text for people or JSON for machines.

`Lines` writes the entries of a commit at once. All other lines come through Python's logging: ours
at `LOG_LEVEL`, libraries at warning, so that no request body is logged; also uvicorn's.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, TextIO

import msgspec

from storage.request import CURRENT
from webhooks.ops.log_events import EVENTS, LEVELS, Entry

#: Loggers kept at warning; uvicorn's access log because URLs contain phone numbers.
_LIBRARIES = (
    *("telnyx", "httpx", "httpcore", "aiohttp", "sqlalchemy", "alembic", "asyncio"),
    "uvicorn.access",
)
#: Loggers with our handler. uvicorn's reports are about this service.
_HANDLED = ("textlogin", "uvicorn", "asyncio")
#: Fields whose values are words, numbers, ids or masked phones: they need no quotes.
_PLAIN = frozenset(
    {
        *("phone", "intent", "before", "after", "verification", "request_id", "traceparent"),
        *("kind", "message", "door", "number", "binding", "seconds", "attempts_left"),
        *("event_id", "provider_id", "client", "status", "reason", "method", "code_entry"),
    }
)
_encode = msgspec.json.Encoder().encode
_LEVEL_OF = {event: kind.level for event, kind in EVENTS.items()}
_WORDS = {event: event.replace("_", " ") for event in EVENTS}


class Lines:
    """Writes entries of at least `level` to `stream`, in one piece."""

    def __init__(self, format: str, level: str, stream: TextIO | None = None) -> None:
        self._line = _json_line if format == "json" else _text_line
        self._stream = stream
        least = LEVELS[level]
        self._shown = frozenset(
            event for event, kind in EVENTS.items() if LEVELS[kind.level] >= least
        )

    def write(self, told: Iterable[tuple[float, Iterable[Entry]]]) -> None:
        """Entries and when they happened (seconds since the epoch). A full disk or a closed pipe
        loses lines, not requests."""
        shown, line = self._shown, self._line
        lines: list[str] = []
        for seconds, entries in told:
            at = _time(seconds)
            lines += [line(at, one.event, one.fields) for one in entries if one.event in shown]
        if lines:
            stream = self._stream or sys.stderr
            with suppress(OSError, ValueError):
                stream.write("".join(lines))
                stream.flush()


def _time(seconds: float) -> str:
    """RFC 3339, in UTC with milliseconds."""
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


@lru_cache(maxsize=4)
def _second(whole: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))


def _json_line(at: str, event: str, fields: Mapping[str, Any]) -> str:
    line = {"time": at, "level": _LEVEL_OF[event], "event": event, **fields}
    return _encode(line).decode() + "\n"


def _text_line(at: str, event: str, fields: Mapping[str, Any]) -> str:
    template, foreign = _template(event, *fields)
    if foreign:
        fields = {**fields, **{name: _value(fields[name]) for name in foreign}}
    return template % (at, *fields.values())


@lru_cache(maxsize=512)
def _template(event: str, *names: str) -> tuple[str, tuple[str, ...]]:
    """The line with `%s` for the time and for each value, and the fields that may need quotes."""
    pairs = "".join(f" {name}=%s" for name in names)
    line = f"%s {_LEVEL_OF[event]} {_WORDS[event]}{pairs}\n"
    return line, tuple(name for name in names if name not in _PLAIN)


def _pairs(fields: Mapping[str, Any]) -> str:
    return "".join(f" {name}={_value(value)}" for name, value in fields.items())


def _value(value: Any) -> str:
    """In quotes if it has spaces or quotes; one line in any case."""
    text = str(value)
    if " " not in text and '"' not in text and text.isprintable():
        return text
    return json.dumps(text, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """`time level logger: words`, then the request."""

    def format(self, record: logging.LogRecord) -> str:
        """A traceback follows on lines of its own."""
        level = record.levelname.lower()
        words = f"{record.name}: {record.getMessage()}"
        line = f"{_time(record.created)} {level} {words}{_pairs(_request())}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Members: time (RFC 3339), level, logger, message; event and its fields; request_id;
        exception if there is a traceback."""
        line = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_request(),
        }
        if event := getattr(record, "event", None):
            line |= {"event": event, **getattr(record, "fields", {})}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _encode(line).decode()


def _request() -> dict[str, str]:
    request = CURRENT.get()
    if request is None:
        return {}
    given = {"traceparent": request.traceparent} if request.traceparent else {}
    return {"request_id": request.id, **given}


def configure(format: str, level: str) -> None:
    """Send the loggers to standard error. Each call replaces the handler of the previous call."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if format == "json" else TextFormatter())
    for library in _LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)
    for name in _HANDLED:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.handlers[:] = [handler]
    logging.getLogger("uvicorn.error").handlers.clear()
    logging.getLogger("textlogin").setLevel(level.upper())
