"""How uvicorn is run."""

from __future__ import annotations

import resource
from typing import Any

#: No access log: it costs half the throughput. No proxy headers: `webhooks.http.client_ip` reads
#: them. Open requests get the first 2 of the 10 seconds that a shutdown may take.
OPTIONS: dict[str, Any] = {
    "access_log": False,
    "log_level": "warning",
    "proxy_headers": False,
    "server_header": False,
    "timeout_graceful_shutdown": 2,
    "lifespan": "on",
    "ws": "none",
    "http": "httptools",
    "loop": "uvloop",
    "backlog": 2048,
}


def raise_file_limit() -> None:
    """Raise the limit on open files to its maximum: each waiting poll takes one, and shells often
    allow only 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
