"""The operators' port of a running service: its pages in a browser, or by plain requests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from playwright.async_api import Browser, ConsoleMessage, Page
from starlette.types import ASGIApp

from tests.harness.asgi_server import loopback_socket, served
from tests.harness.browser import chromium
from tests.harness.running_service import RunningService, running_service
from webhooks.app import operations_app

BASE = "http://127.0.0.1:9100"


@dataclass
class Desk:
    """A service, and its operators' application."""

    service: RunningService
    app: ASGIApp
    http: httpx.AsyncClient

    async def post(self, path: str, **data: str) -> httpx.Response:
        """A form of one of the pages."""
        return await self.http.post(path, data=data, headers={"Origin": BASE})


@asynccontextmanager
async def desk(database_url: str, **changes: Any) -> AsyncIterator[Desk]:
    """Requests to the operators' application, as from a browser on this machine."""
    async with running_service(database_url, **changes) as service:
        app = operations_app(service.parts)
        transport = httpx.ASGITransport(app)
        headers = {"Accept": "text/html"}
        async with httpx.AsyncClient(
            transport=transport, base_url=BASE, headers=headers, follow_redirects=True
        ) as http:
            yield Desk(service, app, http)


@dataclass
class DeskSite:
    """The same on a socket, with a browser. `troubles` are errors of the policy."""

    desk: Desk
    browser: Browser
    base: str
    troubles: list[str] = field(default_factory=list)

    def _note(self, message: ConsoleMessage) -> None:
        if "Security Policy" in message.text:
            self.troubles.append(message.text)

    @asynccontextmanager
    async def page(self, path: str = "/", **options: Any) -> AsyncIterator[Page]:
        """A page in a browser of its own, opened at a path."""
        context = await self.browser.new_context(reduced_motion="reduce", **options)
        try:
            page = await context.new_page()
            page.set_default_timeout(15_000)
            page.on("console", self._note)
            await page.goto(self.base + path)
            yield page
        finally:
            await context.close()


@asynccontextmanager
async def desk_site(database_url: str, **changes: Any) -> AsyncIterator[DeskSite]:
    """The operator pages on a real socket, without scripts."""
    with loopback_socket() as (bound, base):
        async with (
            desk(database_url, **changes) as one,
            served(one.app, bound),
            chromium() as browser,
        ):
            site = DeskSite(one, browser, base)
            yield site
            assert site.troubles == []
