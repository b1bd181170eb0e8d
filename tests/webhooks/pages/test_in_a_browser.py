"""Journeys through the pages in a real browser: with and without JavaScript, by keyboard."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tests.harness.asgi_server import loopback_socket, served
from tests.harness.browser import needs_browser
from tests.harness.pages_in_browser import enter, heading, site
from tests.harness.phone import OTHER_PHONE, PHONE, wrong_code
from tests.harness.register import register

pytestmark = needs_browser


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
