"""The demo is for this machine: a name that leads here (DNS rebinding) is not answered."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from webhooks.http.asgi import Answer
from webhooks.http.problems import Problem

_FOREIGN_HOST = Answer.of(
    Problem("forbidden", "The demo answers only to a Host on loopback, such as 127.0.0.1.")
)


class DemoGuard:
    """Around the whole demo, whose API key everybody knows. 403 to every `Host` but those that
    `is_own`; pages of another origin on this machine may use the API."""

    def __init__(self, app: ASGIApp, is_own: Callable[[str], bool]) -> None:
        self._app = app
        self._is_own = is_own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and self._is_foreign(scope):
            await _FOREIGN_HOST(send)
        else:
            await self._app(scope, receive, send)

    def _is_foreign(self, scope: Scope) -> bool:
        hosts = Headers(scope=scope).getlist("host")
        return len(hosts) != 1 or not self._is_own(hosts[0])
