"""The pictures of the sandbox page, taken from a running demo."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, expect

from tests.docs.markdown import DOCS
from tests.harness.browser import chromium
from tests.harness.demo_process import Demo, demo_process
from tests.harness.sandbox_page import login

PICTURES = DOCS / "pictures"
#: The phone, the web app, and the beginning of the timeline.
_WIDTH, _HEIGHT = 1280, 900
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def _take(browser: Browser, demo: Demo, theme: Literal["light", "dark"]) -> None:
    page = await browser.new_page(
        base_url=str(demo.http.base_url),
        color_scheme=theme,
        reduced_motion="reduce",
        viewport={"width": _WIDTH, "height": _HEIGHT},
    )
    await page.goto("/sandbox")
    await login(page)
    await expect(page.locator("#entries [data-kind=receipt]")).to_have_count(4)
    await expect(page.locator(".bubble.in").last).to_contain_text("✓✓ delivered")
    await page.mouse.move(0, 0)
    await page.screenshot(path=PICTURES / f"sandbox-{theme}.png")


async def _take_one(demo: Demo, theme: Literal["light", "dark"]) -> None:
    async with chromium() as browser:
        await _take(browser, demo, theme)


def take() -> list[Path]:
    """One picture in each theme, each of a new demo, so that both show the same."""
    for theme in _THEMES:
        with tempfile.TemporaryDirectory() as folder, demo_process(Path(folder)) as running:
            asyncio.run(_take_one(running, theme))
    return [PICTURES / f"sandbox-{theme}.png" for theme in _THEMES]
