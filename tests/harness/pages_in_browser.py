"""The login pages on a real socket, and a real browser that opens them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page

from tests.harness.asgi_server import RequestRecorder, loopback_socket, served
from tests.harness.browser import chromium
from tests.harness.phone import PHONE
from tests.harness.running_service import RunningService, running_service


@dataclass
class Site:
    """A service on a socket, and a browser. `troubles` are errors of scripts and of the policy."""

    service: RunningService
    browser: Browser
    base: str
    requests: RequestRecorder
    troubles: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def page(self, path: str = "/", **options: Any) -> AsyncIterator[Page]:
        """A page in a browser of its own, opened at a path."""
        context = await self.browser.new_context(reduced_motion="reduce", **options)
        try:
            page = await self.tab(context)
            await page.goto(self.base + path)
            yield page
        finally:
            await context.close()

    async def tab(self, context: BrowserContext) -> Page:
        page = await context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.troubles.append(message.text) if "Security Policy" in message.text else None
            ),
        )
        return page


@asynccontextmanager
async def site(database_url: str, **changes: Any) -> AsyncIterator[Site]:
    with loopback_socket() as (bound, base):
        async with running_service(database_url, **changes) as service:
            recorder = RequestRecorder(service.app)
            async with served(recorder, bound), chromium() as browser:
                running = Site(service, browser, base, recorder)
                yield running
                assert running.troubles == []


async def enter(page: Page, number: str = PHONE) -> None:
    await page.fill("#phone", number)
    await page.press("#phone", "Enter")
    await page.wait_for_selector("#token")


async def heading(page: Page, wanted: str) -> None:
    """Wait for a page with this heading."""
    await page.wait_for_selector(f"h1:text-is({wanted!r})")
