"""How uvicorn is run: nothing on the hot path that nobody reads, and a shutdown that ends."""

from __future__ import annotations

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
