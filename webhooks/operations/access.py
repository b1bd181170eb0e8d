"""Who may use the operators' port: a `Host` that belongs to it, and a token where there is one.

Programs send the token as a bearer. People type it once, and their browser then has a cookie.
"""

from __future__ import annotations

import hmac
import re

from starlette.types import ASGIApp, Receive, Scope, Send

from webhooks.http.asgi import Answer, header
from webhooks.http.problems import Problem
from webhooks.operations.tickets import COOKIE, Tickets

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
#: Where the token is typed, and what that page needs.
SIGN_IN = "/sign-in"
_OPEN = frozenset({SIGN_IN, "/pages.css", "/operations.css"})
_TO_SIGN_IN = Answer(303, b"", "text/plain", [("Location", SIGN_IN)])


class Access:
    """Lets requests through to `app`. Without a `token` every caller of this machine may use it."""

    def __init__(self, app: ASGIApp, *, host: str, token: str | None) -> None:
        self._app = app
        self._hosts = LOOPBACK | {host.lower()}
        self._credential = None if token is None else f"Bearer {token}".encode()
        self._tickets = None if token is None else Tickets(token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI. 403 for a foreign Host; without the token 401, for browsers the page to type it."""
        if scope["type"] != "http":
            return
        if host_name(header(scope, b"host") or b"") not in self._hosts:
            await _WRONG_HOST(send)
        elif not self._is_authorized(scope):
            await (_TO_SIGN_IN if _is_browser(scope) else _UNAUTHORIZED)(send)
        else:
            await self._app(scope, receive, send)

    def _is_authorized(self, scope: Scope) -> bool:
        if self._credential is None or self._tickets is None or scope["path"] in _OPEN:
            return True
        given = header(scope, b"authorization") or b""
        ticket = cookies(scope).get(COOKIE, "")
        return hmac.compare_digest(given, self._credential) or self._tickets.is_good(ticket)


def _is_browser(scope: Scope) -> bool:
    return scope["method"] == "GET" and b"text/html" in (header(scope, b"accept") or b"")


def cookies(scope: Scope) -> dict[str, str]:
    """The cookies of a request, by name."""
    given = (header(scope, b"cookie") or b"").decode("latin-1")
    pairs = (pair.strip().partition("=") for pair in given.split(";"))
    return {name: value for name, _, value in pairs}


def host_name(host: bytes) -> str:
    """The name or address in a `Host` header, lower case, without port and brackets. Empty for
    what is no `Host`."""
    found = _HOST.fullmatch(host.decode("latin-1").lower())
    return found[1].strip("[]") if found else ""
