"""The pages in a real browser: with and without JavaScript, by keyboard, in both themes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tests.harness.asgi_server import RequestRecorder, loopback_socket, served
from tests.harness.browser import CHROMIUM, FLAGS, needs_browser
from tests.harness.phone import OTHER_PHONE, PHONE, wrong_code
from tests.harness.register import register
from tests.harness.running_service import RunningService, running_service
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
            async with served(recorder, bound), async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                try:
                    running = Site(service, browser, base, recorder)
                    yield running
                    assert running.troubles == []
                finally:
                    await browser.close()


async def enter(page: Page, number: str = PHONE) -> None:
    await page.fill("#phone", number)
    await page.press("#phone", "Enter")
    await page.wait_for_selector("#token")


async def heading(page: Page, wanted: str) -> None:
    """Wait for a page with this heading."""
    await page.wait_for_selector(f"h1:text-is({wanted!r})")


async def test_a_number_and_a_code(sqlite_url: str) -> None:
    async with site(sqlite_url) as running, running.page() as page:
        await enter(page)
        code = await running.service.phone().code()
        await page.fill("#token", wrong_code(code))
        await page.press("#token", "Enter")
        await page.wait_for_selector("#summary")
        assert await page.evaluate("document.activeElement.id") == "summary"
        assert (await page.title()).startswith("Error: Enter your code")
        await page.click("#summary a")
        assert await page.evaluate("document.activeElement.id") == "token"
        await page.fill("#token", code)
        await page.click("button:text-is('Log in')")
        await heading(page, "Your number is verified")


async def test_the_keyboard_is_enough(sqlite_url: str) -> None:
    async with site(sqlite_url) as running, running.page() as page:
        await page.keyboard.press("Tab")
        await page.keyboard.type(PHONE)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#token")
        await page.keyboard.type(await running.service.phone().code())  # the field has the focus
        await page.keyboard.press("Enter")
        await heading(page, "Your number is verified")


async def test_after_a_text_and_a_reply_the_page_turns_by_itself(sqlite_url: str) -> None:
    async with site(sqlite_url) as running, running.page() as page:
        phone = running.service.phone()
        await page.click("button:text-is('Text us instead')")
        words = await page.inner_text(".words")
        await running.service.until_waiting(1)
        await phone.text(words)
        await heading(page, "Now reply with the code")
        assert "We got your text from" in await page.inner_text("#live")
        await phone.text(await phone.code())
        await heading(page, "Is this your number?")
        await page.keyboard.press("Tab")
        await page.click("button:text-is('Yes, that’s mine')")
        await heading(page, "Your number is verified")
        assert not [one for one in running.requests.targets if "poll_" in one or "ver_" in one]


@pytest.mark.parametrize("by_text", [False, True])
async def test_without_javascript_the_pages_work(sqlite_url: str, by_text: bool) -> None:
    async with site(sqlite_url) as running, running.page(java_script_enabled=False) as page:
        phone = running.service.phone()
        if by_text:
            await page.click("button:text-is('Text us instead')")
            await phone.text(await page.inner_text(".words"))
            await heading(page, "Now reply with the code")  # by meta refresh
            await phone.text(await phone.code())
            await page.reload()
            await page.click("button:text-is('Yes, that’s mine')")
        else:
            await enter(page)
            await page.fill("#token", await phone.code())
            await page.press("#token", "Enter")
        await heading(page, "Your number is verified")


async def test_the_countdown_ends_with_the_button_and_one_announcement(sqlite_url: str) -> None:
    async with site(sqlite_url, resend_cooldown=2) as running, running.page() as page:
        await enter(page)
        assert await page.inner_text("#live") == ""
        await page.wait_for_selector("button:text-is('Send a new code')")
        assert await page.inner_text("#live") == "You can ask for a new code."
        running.service.clock.advance(2_000)
        await page.click("button:text-is('Send a new code')")
        await page.wait_for_selector(".notice")


async def test_back_forward_refresh_and_double_click_send_one_code(sqlite_url: str) -> None:
    async with site(sqlite_url) as running, running.page() as page:
        await page.fill("#phone", PHONE)
        await page.dblclick("button:text-is('Text me a code')")
        await page.wait_for_selector("#token")
        await page.reload()
        await page.go_back()
        await page.go_forward()
        await page.wait_for_selector("#token")
        assert running.service.count("messages") == 1
        await page.fill("#token", await running.service.phone().code())
        await page.press("#token", "Enter")
        await heading(page, "Your number is verified")


async def test_two_tabs_share_one_login(sqlite_url: str) -> None:
    async with site(sqlite_url) as running, running.page() as page:
        await enter(page)
        other = await running.tab(page.context)
        await other.goto(running.base)
        await enter(other, OTHER_PHONE)
        await page.fill("#token", await running.service.phone().code())
        await page.press("#token", "Enter")
        await page.wait_for_selector(".notice")
        assert "+1••••••0124" in await page.inner_text(".lead")
        await page.fill("#token", await running.service.phone(OTHER_PHONE).code())
        await page.press("#token", "Enter")
        await heading(page, "Your number is verified")


async def test_a_web_app_gets_its_user_back(sqlite_url: str) -> None:
    arrived: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()

    async def shop(scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope)
        if request.url.path == "/in":
            arrived.set_result(dict(request.query_params))
        answer: Response = HTMLResponse("<!doctype html><title>Shop</title><h1>Welcome</h1>")
        await answer(scope, receive, send)

    with loopback_socket() as (bound, origin):
        key = register(sqlite_url, "kiosk", return_to=f"{origin}/in", code_entry="reply")
        async with (
            served(shop, bound),
            site(sqlite_url) as running,
            running.page(f"/?client=kiosk&return_to={origin}/in&state=s1") as page,
        ):
            phone = running.service.phone()
            await page.click("button:text-is('Text us instead')")
            await phone.text(await page.inner_text(".words"))
            await phone.text(await phone.code())
            await page.click("button:text-is('Yes, that’s mine')")
            await heading(page, "Welcome")
            query = await arrived
            assert query["state"] == "s1"
            answer = await running.service.web_app(key).redeem(query["verification"])
            assert answer.json()["status"] == "approved"


# -- looks -----------------------------------------------------------------------------------------


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
