"""A real browser: the binary that the variable `CHROMIUM` names, else the installed one."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar

import pytest
from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--disable-dev-shm-usage",
]

#: Marks a test that is skipped without Chromium. `.ci/run` installs it and fails on a skip.
needs_browser = pytest.mark.browser
_SHARED: ContextVar[Browser | None] = ContextVar("browser", default=None)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser that these tests share; elsewhere, one that ends with the block. Contexts keep
    their users apart: each has cookies and a cache of its own."""
    shared = _SHARED.get()
    if shared is not None:
        yield shared
        return
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def browser_page() -> AsyncIterator[tuple[Page, list[str]]]:
    """An empty page, and the list that collects the errors of its scripts."""
    async with chromium() as browser:
        context = await browser.new_context()
        errors: list[str] = []
        try:
            page = await context.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            yield page, errors
        finally:
            await context.close()


class BrowserLoop:
    """Runs tests one after the other in one event loop with one browser: to start a browser for
    each of them takes longer than most of them."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._open = AsyncExitStack()

    def run(self, test: Coroutine[object, object, None]) -> None:
        """Run one test."""
        self._runner.run(self._with_browser(test))

    def close(self) -> None:
        """End the browser and the loop."""
        self._runner.run(self._open.aclose())
        self._runner.close()

    async def _with_browser(self, test: Coroutine[object, object, None]) -> None:
        shared = _SHARED.get()
        if shared is None or not shared.is_connected():
            _SHARED.set(None)
            # The runner's tasks have one context, so the next test finds it.
            _SHARED.set(await self._open.enter_async_context(chromium()))
        await test
