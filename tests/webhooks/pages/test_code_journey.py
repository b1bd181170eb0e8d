"""A phone number, a code, success: without JavaScript."""

from __future__ import annotations

from tests.harness.clock import MINUTE_MS, SECOND_MS
from tests.harness.person import person
from tests.harness.phone import OTHER_PHONE, PHONE, wrong_code

MASKED = "+1••••••0123"


async def test_a_number_and_the_code_that_comes_are_enough(database_url: str) -> None:
    async with person(database_url) as (service, browser):
        await browser.get("/")
        assert browser.page.status_code == 200
        assert browser.heading == "Log in with your phone"

        asked = await browser.enter("(415) 555-0123")
        assert (asked.status_code, asked.headers["location"]) == (303, "/verify")
        assert browser.heading == "Enter your code"
        assert MASKED in browser.words

        code = await service.phone().code()
        await browser.type(f"{code[:3]} {code[3:]}")
        assert browser.heading == "Your number is verified"
        assert MASKED in browser.words


async def test_the_form_writes_nothing(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await browser.get("/")
        assert "set-cookie" not in browser.page.headers
        assert [service.count(table) for table in ("verifications", "phones", "messages")] == [
            0
        ] * 3


async def test_a_wrong_code_leaves_the_form_with_the_tries_left(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await browser.enter(PHONE)
        code = await service.phone().code()

        answered = await browser.type(wrong_code(code))
        assert answered.status_code == 303
        assert browser.error == "That code is not right. You have 4 tries left."
        await browser.get("/verify")
        assert browser.error == "That code is not right. You have 4 tries left."
        for _ in range(3):
            await browser.type(wrong_code(code))
        assert browser.error == "That code is not right. You have 1 try left."
        await browser.type(wrong_code(code))
        assert browser.heading == "Too many wrong codes"
        await browser.type(code)
        assert browser.heading == "Too many wrong codes"


async def test_what_cannot_be_the_code_is_no_try(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await browser.enter(PHONE)
        for typed in ("", "12345", "1234567", "abcdef", "9" * 10_000):
            answered = await browser.type(typed)
            assert answered.status_code == 422
            assert browser.error is not None
        (left,) = service.rows("SELECT attempts_left FROM verifications")
        assert left == (5,)


async def test_a_pasted_text_message_is_read(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await browser.enter(PHONE)
        await browser.type(await service.phone().reads())
        assert browser.heading == "Your number is verified"


async def test_refresh_and_back_send_nothing(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await browser.enter(PHONE)
        code = await service.phone().code()
        for path in ("/verify", "/", "/verify", "/request"):
            await browser.get(path)
        await browser.enter(PHONE)  # typed once more, within the cooldown
        assert service.count("messages") == 1
        await browser.type(code)
        assert browser.heading == "Your number is verified"


async def test_a_double_click_sends_one_code(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await browser.get("/")
        once = browser.found('name="once" value="([^"]+)"')
        await browser.enter(PHONE, once=once)
        browser.http.cookies.clear()  # the answer to the first click is thrown away
        await browser.enter(PHONE, once=once)
        assert service.count("messages") == 1
        await browser.type(await service.phone().code())
        assert browser.heading == "Your number is verified"


async def test_another_code_can_be_asked_for_after_the_cooldown(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        phone = service.phone()
        await browser.enter(PHONE)
        old = await phone.code()
        assert "You can ask for a new code in 60 seconds" in browser.words
        await browser.post("/verify/resend")
        assert browser.error == "You can’t have another code yet. Try again in 60 seconds."

        service.clock.advance(60 * SECOND_MS)
        await browser.post("/verify/resend")
        assert "A new code is on its way." in browser.words
        new = await phone.code()
        if old != new:
            await browser.type(old)
            assert browser.error is not None
        await browser.type(new)
        assert browser.heading == "Your number is verified"


async def test_a_code_that_expires_can_be_replaced(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await browser.enter(PHONE)
        code = await service.phone().code()
        service.clock.advance(5 * MINUTE_MS)
        await browser.type(code)
        assert browser.heading == "That code has expired"
        await browser.post("/verify/resend")
        assert browser.heading == "Enter your code"


async def test_a_login_that_takes_too_long_ends(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await browser.enter(PHONE)
        service.clock.advance(15 * MINUTE_MS)
        await browser.get("/verify")
        assert browser.heading == "This login took too long"


async def test_another_number_ends_the_first_login(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await browser.enter(PHONE)
        first = browser.found('name="form" value="([^"]+)"')
        await browser.enter(OTHER_PHONE)
        assert service.rows("SELECT status FROM verifications ORDER BY id") == [
            ("canceled",),
            ("pending",),
        ]
        await browser.type("000000", form=first)  # from the first tab
        assert "You started a newer login in this browser." in browser.words
        assert service.rows("SELECT min(attempts_left) FROM verifications") == [(5,)]
