"""How uvicorn is run: nothing on the hot path that nobody reads, and a shutdown that ends."""

from __future__ import annotations

import resource
from typing import Any

#: `TRUSTED_PROXIES` is ours to apply, and access logs cost half the throughput. Of the ten
#: seconds a shutdown may take, open requests get the first two.
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
    """Each waiting poll is an open file, and shells start with 1,024: as many as are allowed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
