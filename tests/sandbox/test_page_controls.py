"""The sandbox page's clock, faults and timeline in a real browser, and its errors."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE

import pytest
from playwright.async_api import expect

from tests.harness.browser import needs_browser
from tests.harness.demo_process import Demo
from tests.harness.sandbox_page import bubbles, gets_code, has_line, login, sandbox_page

pytestmark = needs_browser


# -- what is wrong ---------------------------------------------------------------------------------


async def test_a_text_of_2000_characters_is_refused_in_words_and_kept(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.fill("#text", "x" * 2000)
        await page.press("#text", "Enter")
        error = page.locator("#phone-error")
        await expect(error).to_have_text("Text must have at most 1600 characters.")
        await expect(page.locator("#text")).to_have_value("x" * 2000)
        await expect(page.locator(".bubble")).to_have_count(0)


@pytest.mark.parametrize("typed", ["", "12", "LOGIN", "4155550123", "+1415555012345678"])
async def test_a_number_that_is_none_is_refused_in_words(demo: Demo, typed: str) -> None:
    async with sandbox_page(demo) as page:
        await page.select_option("#who", "add")
        await page.fill("#new-number", typed)
        await page.press("#new-number", "Enter")
        error = page.locator("#add-error")
        await expect(error).to_have_text("A phone number looks like +12025550123.")


@pytest.mark.parametrize("typed", ["-5", "0", "", "x", "1e9"])
async def test_the_clock_is_not_set_back(demo: Demo, typed: str) -> None:
    async with sandbox_page(demo) as page:
        ahead = await page.inner_text("#ahead")
        await page.fill("#minutes", typed)
        await page.press("#minutes", "Enter")
        await expect(page.locator("#clock-error")).to_contain_text("moves forward only")
        await expect(page.locator("#ahead")).to_have_text(ahead)


async def test_a_demo_that_does_not_answer_is_named_until_it_does(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.route("**/sandbox/log*", lambda route: route.abort())
        await page.evaluate("fetch('/sandbox/v2/nothing')")
        await expect(page.locator("#offline")).to_be_visible()
        await page.unroute_all()
        await expect(page.locator("#offline")).to_be_hidden()


# -- time, faults, timeline ------------------------------------------------------------------------


async def test_after_five_minutes_the_code_has_expired(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.click("[data-chip=login]")
        await gets_code(page)
        await page.click("[data-advance='300']")
        await expect(page.locator("#messages .note").last).to_have_text("5 min later")
        await expect(page.locator("#ahead")).to_contain_text("ahead")
        await page.click("[data-chip=code]")
        await expect(bubbles(page, "in").last).to_contain_text("no longer good")
        await has_line(page, "decision", "Not compared: the code of")


async def test_a_lost_webhook_is_lost_once(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        button = page.locator("[data-on=drop]")
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", "true")
        await page.click("[data-chip=login]")
        await expect(bubbles(page, "out")).to_contain_text("! not delivered")
        await expect(button).to_have_attribute("aria-pressed", "false")
        await page.click("[data-chip=login]")
        await gets_code(page)


async def test_a_webhook_that_comes_twice_is_marked_and_has_one_effect(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.click("[data-on=duplicate]")
        await page.click("[data-chip=login]")
        await gets_code(page)
        await expect(page.locator("#entries .badge:text-is('duplicate')").first).to_be_attached()
        await expect(bubbles(page, "in")).to_have_count(1)
        await expect(bubbles(page, "out")).to_have_count(1)


async def test_while_telnyx_is_down_no_code_arrives_and_then_it_does(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        button = page.locator("[data-on=down]")
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", "true")
        await page.click("[data-chip=login]")
        number = await page.input_value("#who")
        line = page.locator("#entries [data-kind=request]", has_text=number)
        await expect(line.locator(".badge.bad").first).to_have_text("500")
        await expect(bubbles(page, "in")).to_have_count(0)
        await button.click()
        await gets_code(page)


async def test_a_line_opens_to_headers_json_and_a_curl_line_that_works(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        number = await page.input_value("#who")
        await page.click("[data-chip=login]")
        await gets_code(page)
        line = page.locator("#entries [data-kind=webhook]", has_text=number)
        await line.locator("summary").click()
        await expect(line.locator(".detail")).to_contain_text("telnyx-signature-ed25519: ")
        await expect(line.locator("pre").nth(1)).to_contain_text('"message.received"')
        curl = await line.locator("pre").last.inner_text()
        command = f"{curl} -o /dev/null -w '%{{http_code}}'"
        curl_process = await asyncio.create_subprocess_shell(command, stdout=PIPE)
        assert (await curl_process.communicate())[0] == b"200"
        await expect(bubbles(page, "in")).to_have_count(1)


async def test_only_the_newest_500_entries_stay_on_the_page(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.evaluate(
            "Promise.all(Array.from({length: 520}, (_, n) => fetch(`/sandbox/v2/nothing/${n}`)))"
        )
        await page.evaluate("fetch('/sandbox/v2/the-last')")
        await has_line(page, "request", "the-last")
        assert await page.locator("#entries > li").count() == 500
        await page.locator("#scroll").scroll_into_view_if_needed()
        await expect(page.locator("#entries > li").last).to_be_in_viewport()
        await page.click("#clear")
        await expect(page.locator("#entries > li")).to_have_count(0)
        await expect(page.locator("#empty")).to_be_visible()


async def test_who_reads_further_up_stays_there_and_can_jump_to_the_new_lines(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.click("#clear")
        await page.evaluate(
            "Promise.all(Array.from({length: 40}, (_, n) => fetch(`/sandbox/v2/nothing/${n}`)))"
        )
        await expect(page.locator("#entries > li")).to_have_count(40)
        await page.locator("#scroll").scroll_into_view_if_needed()
        await expect(page.locator("#entries > li").last).to_be_in_viewport()
        await expect(page.locator("#newer")).to_be_hidden()
        await page.evaluate("document.getElementById('scroll').scrollTop = 0")
        await expect(page.locator("#entries > li").first).to_be_in_viewport()
        for said in ("1 new line", "2 new lines"):
            await page.evaluate("fetch('/sandbox/v2/new')")
            await expect(page.locator("#newer")).to_have_text(said)
        assert await page.evaluate("document.getElementById('scroll').scrollTop") == 0
        await page.click("#newer")
        await expect(page.locator("#entries > li").last).to_be_in_viewport()
        await expect(page.locator("#newer")).to_be_hidden()
        assert await page.evaluate("document.activeElement.id") == "scroll"


async def test_a_new_entry_leaves_the_others_and_builds_no_details(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.click("#clear")
        await page.click("[data-chip=login]")
        await gets_code(page)
        await has_line(page, "receipt", await page.input_value("#who"))
        await page.evaluate("""
            window.known = [...document.querySelectorAll("#entries > li")];
            window.changed = [];
            new MutationObserver((all) => window.changed.push(...all.flatMap(
                ({addedNodes, removedNodes}) => [...addedNodes, ...removedNodes]))
            ).observe(document.getElementById("entries"), {childList: true, subtree: true});
            fetch("/sandbox/v2/another")
        """)
        await has_line(page, "request", "another")
        assert await page.evaluate("window.changed.every((one) => !window.known.includes(one))")
        assert await page.evaluate("window.known.every((one) => one.isConnected)")
        assert await page.locator("#entries .detail").count() == 0


async def test_a_developer_reads_how_to_connect_an_app(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        await page.click("nav a:text-is('Connect your own app')")
        card = page.locator("#connect")
        await expect(card).to_be_in_viewport()
        origin = str(demo.http.base_url).rstrip("/")
        for needed in (origin, "d" * 40, "+14155550100", "textlogin clients --demo add"):
            await expect(card).to_contain_text(needed)


async def test_the_page_asks_for_nothing_from_outside(demo: Demo) -> None:
    async with sandbox_page(demo) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.reload()
        await login(page)
        await page.click("#tab-login")
        await page.frame_locator("iframe").locator("h1").wait_for()
        origin = str(demo.http.base_url)
        assert [url for url in asked if not url.startswith((f"{origin}/", "data:"))] == []
        assert f"{origin}/sandbox/static/page.js" in asked
