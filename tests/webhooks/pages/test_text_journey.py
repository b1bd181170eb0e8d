"""Texting the letters on the page: without JavaScript, and the status that scripts follow."""

from __future__ import annotations

import asyncio

from tests.harness.clock import MINUTE_MS
from tests.harness.person import Person, person
from tests.harness.phone import OTHER_PHONE, PHONE, wrong_code
from tests.harness.running_service import RunningService


async def status(browser: Person, **headers: str) -> tuple[int, str, str]:
    """HTTP status, step and ETag."""
    answer = await browser.http.get("/verify/status?wait=20", headers=headers)
    return answer.status_code, answer.text and answer.json()["step"], answer.headers["etag"]


async def ask(browser: Person) -> str:
    """Ask to text; the words on the page."""
    answered = await browser.post("/request")
    assert (answered.status_code, answered.headers["location"]) == (303, "/verify")
    assert browser.heading == "Text us to log in"
    return browser.login


async def test_a_text_and_a_reply_are_enough(database_url: str) -> None:
    async with person(database_url) as (service, browser):
        phone = service.phone()
        words = await ask(browser)
        assert words.startswith("LOGIN ")
        assert "(415) 555-0100" in browser.words
        assert 'http-equiv="refresh"' in browser.page.text

        await phone.text(words)
        await browser.get("/verify")
        assert browser.heading == "Now reply with the code"
        assert "+1••••••0123" in browser.words

        await phone.text(await phone.code())
        await browser.get("/verify")
        assert browser.heading == "Is this your number?"
        await browser.post("/verify/confirm", mine="yes")
        assert browser.heading == "Your number is verified"
        await browser.get("/verify")
        assert browser.heading == "Your number is verified"


async def test_the_code_may_be_typed_on_the_page_too(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        phone = service.phone()
        await phone.text(await ask(browser))
        code = await phone.code()
        await browser.get("/verify", type="1")
        assert browser.heading == "Enter your code"
        await browser.type(wrong_code(code))
        assert browser.error == "That code is not right. You have 4 tries left."
        await browser.type(code)
        assert browser.heading == "Your number is verified"


async def test_a_number_that_is_not_the_visitors_logs_nobody_in(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await reply(service, await ask(browser))
        await browser.get("/verify")
        await browser.post("/verify/confirm", mine="no")
        assert browser.heading == "Nobody was logged in"
        await browser.get("/verify")
        assert browser.page.status_code == 400


async def test_asking_twice_shows_the_same_letters(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        assert await ask(browser) == await ask(browser)
        assert service.count("verifications") == 1


async def test_the_status_waits_for_the_phone(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        phone = service.phone()
        words = await ask(browser)
        assert (await status(browser))[:2] == (200, "text")
        etag = (await status(browser))[2]

        waiting = asyncio.create_task(status(browser, **{"If-None-Match": etag}))
        await service.until_waiting(1)
        await phone.text(words)
        assert (await waiting)[:2] == (200, "reply")

        etag = (await status(browser))[2]
        waiting = asyncio.create_task(status(browser, **{"If-None-Match": etag}))
        await phone.text(await phone.code())
        assert (await waiting)[:2] == (200, "confirm")


async def test_the_status_is_not_changed_in_the_middle_of_a_step(sqlite_url: str) -> None:
    async with person(sqlite_url, max_wait=1) as (service, browser):
        phone = service.phone()
        await phone.text(await ask(browser))
        etag = (await status(browser))[2]
        waiting = asyncio.create_task(status(browser, **{"If-None-Match": etag}))
        await service.until_waiting(1)
        await phone.text(wrong_code(await phone.code()))
        assert (await waiting)[0] == 304


async def test_the_status_needs_the_cookie(sqlite_url: str) -> None:
    async with person(sqlite_url) as (_service, browser):
        await ask(browser)
        browser.http.cookies.clear()
        assert (await browser.http.get("/verify/status")).status_code == 400


# -- how it can end --------------------------------------------------------------------------------


async def reply(service: RunningService, words: str) -> None:
    phone = service.phone()
    await phone.text(words)
    await phone.text(await phone.code())


async def test_a_no_is_told(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        phone = service.phone()
        await phone.text(await ask(browser))
        await phone.code()
        await phone.text("NO")
        await browser.get("/verify")
        assert browser.heading == "This login was stopped"


async def test_a_no_after_the_login_is_told(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await reply(service, await ask(browser))
        await browser.get("/verify")
        await browser.post("/verify/confirm", mine="yes")
        await service.phone().text("NO")
        await browser.get("/verify")
        assert browser.heading == "This login was undone"


async def test_a_stop_is_told_with_the_way_back(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        phone = service.phone()
        await phone.text(await ask(browser))
        await phone.code()
        await phone.text("STOP")
        await browser.get("/verify")
        assert browser.heading == "Your phone has stopped our texts"
        assert "text START to (415) 555-0100" in browser.words


async def test_a_text_from_a_country_that_is_not_allowed_is_told(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await service.text("+447400123456", await ask(browser))
        await browser.get("/verify")
        assert browser.heading == "We can’t text that country"


async def test_a_newer_login_of_the_same_phone_is_told(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        phone = service.phone()
        await phone.text(await ask(browser))
        await phone.code()
        service.clock.advance(2 * MINUTE_MS)
        newer = await service.web_app().open()
        await phone.text(newer["login"]["text"])
        await phone.code()
        await browser.get("/verify")
        assert browser.heading == "You started a newer login"


async def test_an_expired_code_can_be_sent_again(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        phone = service.phone()
        await phone.text(await ask(browser))
        await phone.code()
        service.clock.advance(5 * MINUTE_MS)
        await browser.get("/verify")
        assert browser.heading == "That code has expired"
        await browser.post("/verify/resend")
        assert browser.heading == "Now reply with the code"
        await phone.text(await phone.code())
        await browser.get("/verify")
        assert browser.heading == "Is this your number?"


async def test_typing_a_number_instead_ends_the_letters(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        words = await ask(browser)
        await browser.enter(PHONE)
        assert browser.heading == "Enter your code"
        await service.text(OTHER_PHONE, words)
        assert service.rows("SELECT status FROM verifications ORDER BY id") == [
            ("canceled",),
            ("pending",),
        ]
