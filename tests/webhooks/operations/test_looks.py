"""The operator pages in a real browser without scripts: accessible, in both themes, narrow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any, Literal

from playwright.async_api import Page, ViewportSize

from tests.harness.browser import needs_browser
from tests.harness.operations_site import Desk, desk_site
from tests.harness.phone import wrong_code

pytestmark = needs_browser
TOKEN = "t" * 32
_LOOKS: list[tuple[Literal["light", "dark"], ViewportSize]] = [
    ("light", {"width": 390, "height": 844}),
    ("dark", {"width": 1280, "height": 800}),
]
_AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


async def a_day(one: Desk) -> None:
    """A login, a locked phone, an undelivered code, a request of a web app."""
    phone, other = one.service.phone(), one.service.phone("+14155550177")
    await phone.text("LOGIN")
    await phone.text(await phone.code())
    await other.text("LOGIN")
    code = await other.code()
    for _ in range(5):
        await other.text(wrong_code(code))
    await one.service.phone("+12025550010").text("LOGIN")
    await one.service.web_app().open()
    await one.service.idle()


async def every_page(page: Page) -> AsyncIterator[str]:
    """Walk through the pages; yields the name of each once it is shown."""
    yield "sign in"
    await page.fill("#token", "wrong")
    await page.press("#token", "Enter")
    await page.wait_for_selector("#token-error")
    yield "sign in, with an error"
    await page.fill("#token", TOKEN)
    await page.press("#token", "Enter")
    await page.wait_for_selector("#funnel")
    yield "today"
    await page.fill("#q", "415 555 0177")
    await page.press("#q", "Enter")
    await page.wait_for_selector("#now")
    yield "a locked phone"
    await page.click("text=Show the number")
    await page.wait_for_selector("h1:has-text('+14155550177')")
    yield "a phone with its number"
    await page.click("text=Unlock")
    await page.wait_for_selector(".notice")
    yield "an unlocked phone"
    await page.fill("#q", "202 555 0010")
    await page.press("#q", "Enter")
    await page.wait_for_selector("text=40010")
    yield "an undelivered code"
    await page.click(".id a")
    await page.wait_for_selector("text=All about this phone")
    yield "a verification"
    await page.click("text=Cancel it")
    await page.wait_for_selector(".notice")
    yield "a canceled verification"
    await page.fill("#q", "nothing")
    await page.press("#q", "Enter")
    await page.wait_for_selector("h1:has-text('Nothing found')")
    yield "nothing found"


async def violations(page: Page) -> list[str]:
    """What axe finds on a page into which it was loaded."""
    found: Any = await page.evaluate("options => axe.run(document, options)", _AXE_OPTIONS)
    return [
        f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]
    ]


async def test_axe_finds_nothing_in_either_theme_and_nothing_overflows(sqlite_url: str) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    async with desk_site(sqlite_url, operations_token=TOKEN) as site:
        await a_day(site.desk)
        async with site.page() as page:
            async for name in every_page(page):
                await page.evaluate(axe)
                for theme, size in _LOOKS:
                    await page.emulate_media(color_scheme=theme)
                    await page.set_viewport_size(size)
                    assert await violations(page) == [], f"{name}, {theme}"
                await page.set_viewport_size({"width": 320, "height": 640})
                width = await page.evaluate("document.documentElement.scrollWidth")
                assert width == 320, name


async def test_every_page_works_without_scripts(sqlite_url: str) -> None:
    async with desk_site(sqlite_url, operations_token=TOKEN) as site:
        await a_day(site.desk)
        async with site.page(java_script_enabled=False) as page:
            names = [name async for name in every_page(page)]

    assert len(names) == 10
