"""CORS for browsers that poll: exact origins, no cookies, only `/v1` and only where asked for."""

from __future__ import annotations

from collections.abc import Set

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from webhooks.clients.authentication import Clients
from webhooks.http.asgi import RequestId, header
from webhooks.http.problems import Problem

_EXPOSED = ("ETag", "Location", "Retry-After", "X-Request-ID")
_ALLOWED = ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Last-Event-ID")
_PREFIX = "/v1/"
_REFUSED = Problem(
    "forbidden", "No script of this origin may ask this.", headers={"Vary": "Origin"}
)


class Cors:
    """In front of everything; a request without `Origin` passes at once."""

    def __init__(self, app: ASGIApp, origins: Set[str], clients: Clients) -> None:
        self._app = app
        self._cors = _Origins(app, origins, clients)
        self._preflight = RequestId(self._cors)  # which no request behind it will number

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if (
            scope["type"] == "http"
            and scope["path"].startswith(_PREFIX)
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
    """The settings' origins and the registered web apps', as they are now."""

    def __init__(self, app: ASGIApp, origins: Set[str], clients: Clients) -> None:
        super().__init__(
            app,
            allow_methods=("GET", "POST"),
            allow_headers=_ALLOWED,
            expose_headers=_EXPOSED,
            max_age=600,
        )
        self._origins = origins
        self._clients = clients

    def is_allowed_origin(self, origin: str) -> bool:
        """Starlette's question."""
        return origin in self._origins or origin in self._clients.origins

    def preflight_response(self, request_headers: Headers) -> Response:
        """Starlette's answer; a refusal in our shape."""
        response = super().preflight_response(request_headers)
        return response if response.status_code == 200 else _REFUSED.response()
