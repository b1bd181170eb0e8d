"""The sandbox page in a real browser, against the demo as a process: what each control does."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import expect

from tests.harness.browser import needs_browser
from tests.harness.demo_process import Demo
from tests.harness.sandbox_page import (
    bubbles,
    gets_code,
    has_line,
    login,
    opened,
    sandbox_page,
)

pytestmark = needs_browser


# -- logins ----------------------------------------------------------------------------------------


async def test_a_whole_login_by_the_chips(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await expect(page.locator("#guide [aria-current]")).to_contain_text("LOGIN")
        await login(page)
        await expect(page.locator("#pill")).to_have_text("approved")
        await expect(page.locator("#guide [data-done]")).to_have_count(3)
        await expect(page.locator("#sentence")).to_contain_text("it replied with the code")
        await expect(bubbles(page, "out")).to_have_count(2)
        await expect(bubbles(page, "in")).to_have_count(2)
        await expect(bubbles(page, "in").last).to_contain_text("✓✓ delivered")
        for kind in ("webhook", "decision", "request", "receipt"):
            await expect(page.locator(f"#entries [data-kind={kind}]").first).to_be_attached()


async def test_a_login_with_the_letters_on_the_page_that_is_redeemed(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.click("#open-text")
        await expect(page.locator(".letters img")).to_be_visible()
        await page.wait_for_function("document.querySelector('.letters img').naturalWidth > 0")
        await page.click("[data-chip=letters]")
        await page.click(f"[data-chip=code]:text-is('{await gets_code(page)}')")
        await expect(page.locator("#sentence")).to_contain_text("texted the letters")
        await expect(page.locator("[data-chip=letters]")).to_have_count(0)
        await page.click("#redeem")
        await expect(page.locator("#redeem")).to_be_hidden()
        assert json.loads(await page.inner_text("#object"))["redeemed_at"]


async def test_a_code_is_typed_on_the_page(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.click("#open-sms")
        code = await gets_code(page)
        await page.fill("#typed", "111111" if code != "111111" else "222222")
        await page.click("#check button")
        await expect(page.locator("#app-error")).to_have_text("Wrong code. Tries left: 4.")
        await page.fill("#typed", code)
        await page.press("#typed", "Enter")
        await expect(page.locator("#sentence")).to_contain_text("typed in the browser")
        await expect(page.locator("#app-error")).to_have_text("")


async def test_a_web_app_cancels(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.click("#open-text")
        await page.click("#cancel")
        await expect(page.locator("#pill")).to_have_text("canceled")


async def test_a_login_in_the_login_page_with_the_letters_that_it_shows(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.click("#tab-login")
        frame = page.frame_locator("iframe")
        await frame.locator("form.alone button").click()
        words = await frame.locator(".words").inner_text()
        await page.click(f"[data-chip=letters]:text-is('{words}')")
        await page.click(f"[data-chip=code]:text-is('{await gets_code(page)}')")
        await frame.locator("[name=mine]").first.wait_for()
        await expect(page.locator("[data-chip=letters]")).to_have_count(0)


async def test_a_whole_login_by_keyboard(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.focus("#text")
        await page.keyboard.type("LOGIN")
        await page.keyboard.press("Enter")
        code = await gets_code(page)
        for _ in range(4):  # back over thumbs-up, STOP and NO
            await page.keyboard.press("Shift+Tab")
        assert await page.evaluate("document.activeElement.textContent") == code
        await page.keyboard.press("Enter")
        await expect(page.locator("#pill")).to_have_text("approved")
        await page.focus("#tab-server")
        await page.keyboard.press("ArrowRight")
        await expect(page.locator("#login")).to_be_visible()
        assert await page.evaluate("document.activeElement.id") == "tab-login"


# -- the phone -------------------------------------------------------------------------------------


async def test_no_takes_the_approval_back(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await login(page)
        await expect(page.locator("#pill")).to_have_text("approved")
        await page.click("[data-chip=no]")
        await expect(page.locator("#pill")).to_have_text("denied")
        await has_line(page, "decision", "approval is taken back")


async def test_a_thumbs_up_quotes_the_last_text_and_has_no_answer(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await expect(page.locator("[data-chip=like]")).to_be_disabled()
        await page.click("[data-chip=login]")
        await gets_code(page)
        await page.click("[data-chip=like]")
        await expect(bubbles(page, "out").last).to_contain_text("Liked “Textlogin: ")
        await expect(bubbles(page, "out").last).to_contain_text("✓✓ delivered")
        await page.fill("#text", "STATUS")
        await page.press("#text", "Enter")
        await expect(bubbles(page, "in").last).to_contain_text("waiting for your reply")
        await expect(bubbles(page, "in")).to_have_count(2)


async def test_after_stop_the_chip_is_start(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.click("[data-chip=stop]")
        await expect(bubbles(page, "in").last).to_contain_text("unsubscribed")
        await page.click("[data-chip=stop]:text-is('START')")
        await expect(bubbles(page, "in").last).to_contain_text("re-subscribed")
        await expect(page.locator("[data-chip=stop]")).to_have_text("STOP")


async def test_each_phone_has_its_own_conversation_also_after_a_reload(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        number = await page.input_value("#who")
        await login(page)
        await expect(bubbles(page, "in")).to_have_count(2)
        await page.select_option("#who", "+14155550300")
        await expect(bubbles(page, "in")).to_have_count(0)
        await page.select_option("#who", number)
        await expect(bubbles(page, "in")).to_have_count(2)
        await page.reload()
        await opened(page, number)
        await expect(page.locator(".bubble")).to_have_count(4)
        kinds = await page.locator(".bubble").evaluate_all("all => all.map(one => one.className)")
        assert kinds == ["bubble out", "bubble in", "bubble out", "bubble in"]


async def test_a_special_number_says_what_happens_and_it_does(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.select_option("#who", "+14155550001")
        await expect(page.locator("#fate")).to_contain_text("landline")
        await page.click("[data-chip=login]")
        await expect(page.locator("#pill")).to_have_text("failed")
        await has_line(page, "receipt", "could not be delivered")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("LOGIN", "GSM-7 5/160"),
        ("{" * 80, "GSM-7 160/160"),
        ("x" * 161, "GSM-7 161/306 · 2 segments"),
        ("¡señor ‘x’!", "UCS-2 11/70"),
        ("👍" * 36, "UCS-2 72/134 · 2 segments"),
    ],
)
async def test_the_counter_counts_segments(demo: Demo, text: str, words: str) -> None:
    async with sandbox_page(demo) as page:
        await page.fill("#text", text)
        await expect(page.locator("#count")).to_have_text(words)
