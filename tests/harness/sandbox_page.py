"""The sandbox page of a running demo, in a real browser, with a phone of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from playwright.async_api import Locator, Page, expect

from tests.harness.browser import chromium
from tests.harness.demo_process import Demo
from tests.harness.eventually import PATIENCE_S

#: None of the special ones.
_NUMBERS = (f"+1415555{last}" for last in count(1100))
_NO_FAULTS = {"next_webhook": None, "telnyx": "up"}
expect.set_options(timeout=PATIENCE_S * 1000)


@asynccontextmanager
async def sandbox_page(demo: Demo) -> AsyncIterator[Page]:
    """The page in a browser of its own, with a new phone. Errors of its scripts and of its policy
    fail the test."""
    troubles: list[str] = []
    async with chromium() as browser:
        context = await browser.new_context(
            base_url=str(demo.http.base_url), reduced_motion="reduce"
        )
        try:
            page = await context.new_page()
            page.set_default_timeout(PATIENCE_S * 1000)
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.on(
                "console",
                lambda message: (
                    troubles.append(message.text) if "Security Policy" in message.text else None
                ),
            )
            await page.request.post("/sandbox/faults", data=_NO_FAULTS)
            await page.goto("/sandbox")
            await opened(page, next(_NUMBERS))
            yield page
        finally:
            await context.close()
    assert troubles == []


async def opened(page: Page, number: str) -> None:
    """Wait for the page, and pick up a phone."""
    await expect(page.locator("#now")).not_to_have_text("…")
    await page.select_option("#who", "add")
    await page.fill("#new-number", number)
    await page.press("#new-number", "Enter")
    await expect(page.locator("#who")).to_have_value(number)


def bubbles(page: Page, kind: str) -> Locator:
    """The texts on the screen: `in` from the service, `out` from the phone."""
    return page.locator(f".bubble.{kind}")


async def gets_code(page: Page) -> str:
    """Wait for a code that was not sent back yet."""
    chip = page.locator("[data-chip=code].strong")
    await chip.wait_for()
    return await chip.inner_text()


async def login(page: Page) -> None:
    """LOGIN and the code, by the chips."""
    await page.click("[data-chip=login]")
    await page.click(f"[data-chip=code]:text-is('{await gets_code(page)}')")


async def has_line(page: Page, kind: str, words: str) -> None:
    """Wait for a line of the timeline."""
    line = page.locator(f"#entries [data-kind={kind}]", has_text=words)
    await expect(line.first).to_be_attached()
