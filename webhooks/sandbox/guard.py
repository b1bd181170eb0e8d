"""Who may call the sandbox: programs on this machine, and its own pages.

A page of another site can let a browser post to loopback, or let a name of its own lead there (DNS
rebinding). The first sends its `Origin`, the second its own `Host`.
"""

import ipaddress
import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from webhooks.sandbox.problems import forbidden

_HOST = re.compile(r"(?P<name>[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?", re.IGNORECASE)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Guard:
    """ASGI middleware that answers 403 to all others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        app = self._app
        if scope["type"] == "http" and (why := _refusal(scope)) is not None:
            app = forbidden(why)
        await app(scope, receive, send)


def _refusal(scope: Scope) -> str | None:
    headers = Headers(scope=scope)
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    if len(hosts) != 1 or not is_loopback(hosts[0]):
        return "The sandbox answers only to a Host on loopback, such as 127.0.0.1."
    if any(not is_same_origin(origin, scope["scheme"], hosts[0]) for origin in origins):
        return "The sandbox does not answer to pages of another origin."
    return None


def is_loopback(host: str) -> bool:
    """Whether a `Host` header names this machine: localhost, 127.0.0.0/8 or ::1."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found["name"].lower()
    try:
        return name == "localhost" or ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def is_same_origin(origin: str, scheme: str, host: str) -> bool:
    """Whether an `Origin` header is the one of a request to this `Host`."""
    port = _DEFAULT_PORTS.get(scheme, "")
    own, other = f"{scheme}://{host}".lower(), origin.lower()
    return own.removesuffix(port) == other.removesuffix(port)
