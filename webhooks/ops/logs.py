"""Logging: our loggers at `LOG_LEVEL`, libraries at warning, so that no request body is logged."""

from __future__ import annotations

import logging
import sys
import time

import msgspec

#: Loggers kept at warning; uvicorn's access log because URLs contain phone numbers.
_LIBRARIES = (
    *("telnyx", "httpx", "httpcore", "aiohttp", "sqlalchemy", "alembic", "asyncio"),
    "uvicorn.access",
)


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Members: time (RFC 3339), level, logger, message; exception if there is a traceback."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def configure(format: str, level: str) -> None:
    """Send our loggers to standard error. Each call replaces the handler of the previous call."""
    ours = logging.getLogger("textlogin")
    ours.setLevel(level.upper())
    ours.propagate = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter()
        if format == "json"
        else logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    ours.handlers[:] = [handler]
    for library in _LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)
