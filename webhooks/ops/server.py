"""How uvicorn is run."""

from __future__ import annotations

from typing import Any

from webhooks.http.limits import KEEP_ALIVE_S

#: uvicorn logs as `webhooks.ops.logs` says, without an access log: it costs half the throughput. No
#: proxy headers: `webhooks.http.client_ip` reads them. Open requests get the first 2 of the 10
#: seconds that a shutdown may take.
OPTIONS: dict[str, Any] = {
    "access_log": False,
    "log_level": "warning",
    "log_config": None,
    "proxy_headers": False,
    "server_header": False,
    "timeout_keep_alive": KEEP_ALIVE_S,
    "timeout_graceful_shutdown": 2,
    "lifespan": "on",
    "ws": "none",
    "http": "webhooks.ops.connection:Connection",
    "loop": "uvloop",
    "backlog": 2048,
}
