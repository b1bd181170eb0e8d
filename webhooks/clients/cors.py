"""CORS for browsers that poll: exact origins, no cookies, only paths under `/v1/`."""

from __future__ import annotations

import re
from collections.abc import Set

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from webhooks.clients.authentication import Clients
from webhooks.http.asgi import OwnHeaders, header
from webhooks.http.paths import API_PREFIX
from webhooks.http.problems import Problem

_EXPOSED = ("ETag", "Location", "Retry-After", "X-Request-ID")
_ALLOWED = ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Last-Event-ID")
_LOOPBACK = re.compile(r"http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?", re.ASCII)
_NOT_ALLOWED = Problem("forbidden", "Origin not allowed.", headers={"Vary": "Origin"})


class Cors:
    """Wraps the whole application; requests without `Origin` pass straight through.

    `loopback` also allows every http origin on this machine, for the demo.
    """

    def __init__(
        self, app: ASGIApp, origins: Set[str], clients: Clients, *, loopback: bool = False
    ) -> None:
        self._app = app
        self._cors = _Origins(app, origins, clients, loopback=loopback)
        self._preflight = OwnHeaders(
            self._cors
        )  # a preflight is answered before any other middleware

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if (
            scope["type"] == "http"
            and scope["path"].startswith(API_PREFIX)
            and header(scope, b"origin") is not None
        ):
            await (self._preflight if _is_preflight(scope) else self._cors)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_preflight(scope: Scope) -> bool:
    return (
        scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method") is not None
    )


class _Origins(CORSMiddleware):
    """Allows the origins of the settings and of the web apps registered now."""

    def __init__(
        self, app: ASGIApp, origins: Set[str], clients: Clients, *, loopback: bool
    ) -> None:
        super().__init__(
            app,
            allow_methods=("GET", "POST"),
            allow_headers=_ALLOWED,
            expose_headers=_EXPOSED,
            max_age=600,
        )
        self._origins = origins
        self._clients = clients
        self._loopback = loopback

    def is_allowed_origin(self, origin: str) -> bool:
        """Overrides Starlette's fixed list."""
        return (
            origin in self._origins
            or origin in self._clients.origins
            or (self._loopback and _LOOPBACK.fullmatch(origin) is not None)
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Starlette's answer; a refusal as a problem document."""
        response = super().preflight_response(request_headers)
        return response if response.status_code == 200 else _NOT_ALLOWED.response()
