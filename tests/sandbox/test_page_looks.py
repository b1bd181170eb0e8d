"""The sandbox page in both themes and from 320 to 1280 px: accessible, nothing overflows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Literal

from playwright.async_api import Page, ViewportSize, expect

from tests.harness.browser import needs_browser
from tests.harness.demo_process import Demo
from tests.harness.sandbox_page import gets_code, sandbox_page

pytestmark = needs_browser
_LOOKS: list[tuple[Literal["light", "dark"], ViewportSize]] = [
    ("light", {"width": 390, "height": 844}),
    ("dark", {"width": 390, "height": 844}),
    ("light", {"width": 1280, "height": 800}),
    ("dark", {"width": 1280, "height": 800}),
]
#: Rules of WCAG 2.2 A and AA, and what axe thinks good practice. The login page has its own test.
_AXE = """axe.run({exclude: [["iframe"]]}, {
  resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})"""


async def _every_state(page: Page) -> AsyncIterator[str]:
    """Walk through the page; yields the name of each state once it is shown."""
    await page.click("#clear")  # what other tests have left
    yield "start"
    await page.click("#open-text")
    await page.click("[data-chip=letters]")
    await page.click(f"[data-chip=code]:text-is('{await gets_code(page)}')")
    await expect(page.locator("#pill")).to_have_text("approved")
    await page.locator("#entries [data-kind=request] summary").last.click()
    yield "approved, with an open line"
    await page.fill("#text", "x" * 2000)
    await page.press("#text", "Enter")
    await page.fill("#minutes", "-5")
    await page.press("#minutes", "Enter")
    await page.select_option("#who", "add")
    await page.press("#new-number", "Enter")
    await expect(page.locator("#phone-error")).not_to_be_empty()
    await expect(page.locator("#clock-error")).not_to_be_empty()
    yield "errors"
    await page.select_option("#who", "+14155550300")
    await page.click("#open-sms")
    await expect(page.locator("#pill")).to_have_text("failed")
    await page.click("[data-on=down]")
    await page.click("#tab-login")
    await page.frame_locator("iframe").locator("h1").wait_for()
    yield "faults and the login page"
    await page.click("[data-on=down]")


async def test_axe_finds_nothing_in_any_state_theme_and_size(demo: Demo) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    async with sandbox_page(demo) as page:
        await page.evaluate(axe)
        async for state in _every_state(page):
            for theme, size in _LOOKS:
                await page.emulate_media(color_scheme=theme)
                await page.set_viewport_size(size)
                found = (await page.evaluate(_AXE))["violations"]
                nodes = [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]
                assert nodes == [], f"{state}, {theme}, {size}"


async def test_nothing_is_wider_than_the_page(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        async for state in _every_state(page):
            for width in (320, 390, 768, 861, 1101, 1280):
                await page.set_viewport_size({"width": width, "height": 800})
                wide = await page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{state}, {width} px"


async def test_the_columns_stack_on_a_phone(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        for width, stacked in ((390, True), (1280, False)):
            await page.set_viewport_size({"width": width, "height": 800})
            phone, app = [await page.locator(one).bounding_box() for one in (".handset", ".window")]
            assert phone is not None
            assert app is not None
            assert (app["y"] >= phone["y"] + phone["height"]) is stacked
