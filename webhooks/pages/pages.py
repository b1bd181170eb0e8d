"""The routes of the login pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webhooks.pages.refusal import Refusal
from webhooks.pages.site import Site
from webhooks.pages.start import Start
from webhooks.pages.status import Status
from webhooks.pages.theme import Theme
from webhooks.pages.verify import Verify

Endpoint = Callable[[Request], Awaitable[Response]]


class Pages:
    """Everything that a person's browser asks for."""

    def __init__(self, site: Site, theme: Theme, *, max_wait: int) -> None:
        self._site = site
        self._theme = theme
        self._start = Start(site)
        self._verify = Verify(site)
        self._status = Status(site, max_wait=max_wait)

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/", self._told(self._start.form), methods=["GET"]),
            Route("/request", self._told(self._start.request), methods=["GET", "POST"]),
            Route("/verify", self._told(self._verify_page), methods=["GET", "POST"]),
            Route("/verify/resend", self._told(self._verify.resend), methods=["POST"]),
            Route("/verify/confirm", self._told(self._verify.confirm), methods=["POST"]),
            Route("/verify/status", self._told(self._status.show), methods=["GET"]),
            *self._theme.routes(),
        ]

    async def _verify_page(self, request: Request) -> Response:
        """One route for both methods, so that the `Allow` of a 405 names both."""
        return await (self._verify.check if request.method == "POST" else self._verify.show)(
            request
        )

    def _told(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint, with its refusals as pages."""

        async def answer(request: Request) -> Response:
            try:
                return await endpoint(request)
            except Refusal as refusal:
                return self._site.refuse(request, refusal)

        return answer
