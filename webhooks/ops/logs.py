"""What is logged and how: ours as set, libraries at warning, so that no body is ever in it."""

from __future__ import annotations

import logging
import sys
import time

import msgspec

#: A server's access log would hold the phones that are asked for.
_LIBRARIES = (
    *("telnyx", "httpx", "httpcore", "aiohttp", "sqlalchemy", "alembic", "asyncio"),
    "uvicorn.access",
)


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Time in RFC 3339, level, logger, message, and the traceback where there is one."""
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
    """Our loggers write to standard error; once, however often the application is made."""
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
