"""Every page in a real browser: accessible, in both themes, narrow, in every language."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any, Literal

from playwright.async_api import Page, ViewportSize

from tests.harness.browser import needs_browser
from tests.harness.pages_in_browser import Site, enter, site
from tests.harness.phone import wrong_code
from webhooks.pages.languages import LANGUAGES

pytestmark = needs_browser
_NARROW: ViewportSize = {"width": 320, "height": 640}
#: Each theme once, each layout once.
_LOOKS: list[tuple[Literal["light", "dark"], ViewportSize]] = [
    ("light", {"width": 390, "height": 844}),
    ("dark", {"width": 1280, "height": 800}),
]
#: Rules of WCAG 2.2 A and AA, and what axe thinks good practice.
_AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


async def every_step(running: Site, page: Page, walk: int = 0) -> AsyncIterator[str]:
    """Walk through the pages; yields the name of each once it is shown. Each walk has phones of
    its own."""
    phone, other = (running.service.phone(f"+1415555{walk:02}{last}") for last in (23, 24))
    yield "phone"
    await page.press("#phone", "Enter")
    await page.wait_for_selector("#summary")
    yield "phone, with an error"
    await enter(page, phone.number)
    yield "code"
    await page.fill("#token", wrong_code(await phone.code()))
    await page.press("#token", "Enter")
    await page.wait_for_selector("#summary")
    yield "code, with an error"
    running.service.clock.advance(301_000)
    await page.reload()
    yield "code expired"
    await page.click("[data-resend] button")
    await page.wait_for_selector("#token")
    await page.fill("#token", await phone.code())
    await page.press("#token", "Enter")
    await page.wait_for_selector(".tick")
    yield "done"
    await page.goto(running.base)
    await page.click("form.alone button")
    await page.wait_for_selector(".words")
    yield "text"
    await other.text(await page.inner_text(".words"))
    await page.wait_for_selector("[data-watch=reply]")
    yield "reply"
    await other.text(await other.code())
    await page.wait_for_selector("[name=mine]")
    yield "confirm"
    await page.click("[value=no]")
    await page.wait_for_selector("a.primary")
    yield "nobody logged in"


async def violations(page: Page) -> list[str]:
    """What axe finds on a page into which it was loaded."""
    found = await page.evaluate("options => axe.run(document, options)", _AXE_OPTIONS)
    return [
        f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]
    ]


async def test_axe_finds_nothing_in_either_theme(sqlite_url: str) -> None:
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    async with site(sqlite_url) as running, running.page() as page:
        async for step in every_step(running, page):
            await page.evaluate(axe)
            for theme, size in _LOOKS:
                await page.emulate_media(color_scheme=theme)
                await page.set_viewport_size(size)
                assert await violations(page) == [], f"{step}, {theme}"


async def test_nothing_overflows_at_320_px_in_any_language(sqlite_url: str) -> None:
    settings = {
        "app_name": "Bremerhavener Kogge",
        "support_contact": "h" * 40,
        "codes_per_ip_hour": 99,
        "fraud_guard": "off",  # every walk lets a code expire
    }
    async with site(sqlite_url, **settings) as running:
        for walk, language in enumerate(LANGUAGES):
            async with running.page(viewport=_NARROW, locale=language) as page:
                async for step in every_step(running, page, walk):
                    width = await page.evaluate("document.documentElement.scrollWidth")
                    assert width == _NARROW["width"], f"{step}, {language}"


async def test_nothing_is_loaded_from_elsewhere_and_the_first_page_is_small(
    sqlite_url: str,
) -> None:
    async with site(sqlite_url) as running:
        context = await running.browser.new_context()
        page, sizes = await running.tab(context), {}

        async def size(response: Any) -> None:
            sizes[response.url] = len(await response.body())

        tasks: list[asyncio.Task[None]] = []
        page.on("response", lambda response: tasks.append(asyncio.ensure_future(size(response))))
        await page.goto(running.base, wait_until="networkidle")
        await asyncio.gather(*tasks)
        assert all(url.startswith((running.base, "data:")) for url in sizes)
        assert sum(sizes.values()) <= 30_000
        await context.close()
