"""What the pages tell about a phone, and what they do not."""

from __future__ import annotations

import re
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.harness.clock import MINUTE_MS, SECOND_MS
from tests.harness.person import Person, person
from tests.harness.phone import PHONE, wrong_code
from tests.harness.running_service import RunningService

FREE = "+14155550177"
Preparation = Callable[[RunningService], Awaitable[None]]


async def known(service: RunningService) -> None:
    phone = service.phone()
    await phone.text("LOGIN")
    await phone.text(await phone.code())
    await phone.unread()


async def opted_out(service: RunningService) -> None:
    await service.phone().text("STOP")


async def locked(service: RunningService) -> None:
    phone = service.phone()
    await phone.text("LOGIN")
    code = await phone.code()
    for by in range(1, 6):
        await phone.text(wrong_code(code, by))
    await phone.unread()
    service.clock.advance(2 * MINUTE_MS)


async def cooling_down(service: RunningService) -> None:
    await service.web_app().create(method="sms", phone_number=PHONE)
    await service.phone().unread()


REFUSED = [opted_out, locked, cooling_down]


def shape(browser: Person) -> tuple[int, str, dict[str, str]]:
    """A page without what differs between any two logins."""
    text = re.sub(r'name="(form|once)" value="[^"]+"', "", browser.page.text)
    text = re.sub(r"0123|0177", "…", text)
    headers = {
        name: value for name, value in browser.page.headers.items() if name != "x-request-id"
    }
    return browser.page.status_code, text, headers


async def journey(service: RunningService, browser: Person, phone: str) -> list[object]:
    """All that a stranger can see of a number: he has no code, and tries everything."""
    seen: list[object] = []
    answered = await browser.enter(phone)
    seen += [answered.status_code, answered.headers["location"], shape(browser)]
    for path, fields in (
        ("/verify", {"token": "000000"}),
        ("/verify", {"token": "1"}),
        ("/verify/resend", {}),
    ):
        answered = await browser.post(path, **fields)
        seen += [answered.status_code, answered.headers.get("location"), shape(browser)]
    service.clock.advance(61 * SECOND_MS)
    answered = await browser.post("/verify/resend")
    seen += [answered.headers["location"], shape(browser)]
    service.clock.advance(5 * MINUTE_MS)
    await browser.get("/verify")
    seen.append(shape(browser))
    await browser.post("/verify/resend")
    for _ in range(5):
        await browser.post("/verify", token="000000")
        seen.append(shape(browser))
    return seen


@pytest.mark.parametrize("prepare", [known, *REFUSED])
async def test_every_number_looks_like_one_that_nobody_knows(
    sqlite_url: str, sqlite_template: Path, tmp_path: Path, prepare: Preparation
) -> None:
    async with person(sqlite_url) as (service, browser):
        await prepare(service)
        texts = len(await service.texts_to(PHONE))
        seen = await journey(service, browser, PHONE)
        if prepare is opted_out:
            assert len(await service.texts_to(PHONE)) == texts

    other = tmp_path / "other.db"
    shutil.copyfile(sqlite_template, other)
    async with person(f"sqlite:///{other}") as (service, browser):
        assert seen == await journey(service, browser, FREE)


async def test_a_text_that_telnyx_refuses_is_not_told(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await browser.enter("+14155550300")
        await service.idle()
        await browser.get("/verify")
        assert browser.heading == "Enter your code"
        await browser.type("000000")
        assert browser.error == "That code is not right. You have 4 tries left."


async def test_a_no_of_a_phone_that_was_only_typed_is_not_told(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        phone = service.phone()
        await browser.enter(PHONE)
        code = await phone.code()
        await phone.text("NO")
        await browser.get("/verify")
        assert browser.heading == "Enter your code"
        await browser.type(code)
        assert browser.error == "That code is not right. You have 4 tries left."


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Enter your mobile phone number"),
        ("12", "Enter a phone number, like (201) 555-0123"),
        ("call me", "Enter a phone number, like (201) 555-0123"),
        ("9" * 10_000, "Enter a phone number, like (201) 555-0123"),
        ("+44 7400 123456", "We can only text numbers in Canada, United States"),
    ],
)
async def test_a_number_that_cannot_be_texted_gets_the_form_again(
    sqlite_url: str, typed: str, error: str
) -> None:
    async with person(sqlite_url) as (service, browser):
        answered = await browser.enter(typed)
        assert answered.status_code == 422
        assert browser.error == error
        assert "<title>Error: " in answered.text
        assert 'href="#phone"' in answered.text
        assert service.count("verifications") == 0


async def test_too_many_codes_from_one_address_are_told(sqlite_url: str) -> None:
    async with person(sqlite_url) as (_service, browser):
        for last in range(10):
            await browser.enter(f"+1415555013{last}")
        answered = await browser.enter("+14155550140")
        assert answered.status_code == 429
        assert browser.error is not None
        assert "Too many codes were asked for from your network." in browser.error
        await browser.post("/request")
        assert browser.heading == "Text us to log in"


@pytest.mark.parametrize("cookie", [None, "forged", "e30.AAAA", "x" * 5000])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/verify"), ("POST", "/verify"), ("POST", "/verify/resend")]
)
async def test_a_missing_or_foreign_cookie_is_answered_with_a_sentence(
    sqlite_url: str, method: str, path: str, cookie: str | None
) -> None:
    async with person(sqlite_url) as (_service, browser):
        headers = {"Cookie": f"__Host-textlogin={cookie}"} if cookie else {}
        browser.page = await browser.http.request(
            method, path, headers=headers, data={"token": "1"} if method == "POST" else None
        )
        assert browser.page.status_code == 400
        assert browser.heading == "No login is under way here"
