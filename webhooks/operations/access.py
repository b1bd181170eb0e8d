"""Who may use the operators' port: a `Host` that belongs to it, and a token where there is one."""

from __future__ import annotations

import hmac
import re

from starlette.types import ASGIApp, Receive, Scope, Send

from webhooks.http.asgi import Answer, header
from webhooks.http.problems import Problem

#: A page elsewhere can make a browser call this port under a name of its own (DNS rebinding), but
#: not under these.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_HOST = re.compile(r"(\[[0-9a-f.]*:[0-9a-f:.]*\]|[^:\[\]]+)(?::[0-9]*)?", re.ASCII)

_WRONG_HOST = Answer.of(Problem("forbidden", "The Host is neither loopback nor OPERATIONS_HOST."))
_UNAUTHORIZED = Answer.of(
    Problem(
        "unauthorized",
        "Send `Authorization: Bearer` with OPERATIONS_TOKEN.",
        headers={"WWW-Authenticate": 'Bearer realm="textlogin operations"'},
    )
)


class Access:
    """Lets requests through to `app`. Without a `token` every caller of this machine may use it."""

    def __init__(self, app: ASGIApp, *, host: str, token: str | None) -> None:
        self._app = app
        self._hosts = LOOPBACK | {host.lower()}
        self._credential = None if token is None else f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI. 403 for a foreign Host, 401 without the token."""
        if scope["type"] != "http":
            return
        if host_name(header(scope, b"host") or b"") not in self._hosts:
            await _WRONG_HOST(send)
        elif not self._is_authorized(header(scope, b"authorization") or b""):
            await _UNAUTHORIZED(send)
        else:
            await self._app(scope, receive, send)

    def _is_authorized(self, given: bytes) -> bool:
        return self._credential is None or hmac.compare_digest(given, self._credential)


def host_name(host: bytes) -> str:
    """The name or address in a `Host` header, lower case, without port and brackets. Empty for
    what is no `Host`."""
    found = _HOST.fullmatch(host.decode("latin-1").lower())
    return found[1].strip("[]") if found else ""
