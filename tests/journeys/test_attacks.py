"""What attackers did to earlier designs of such a service, tried on this one."""

from __future__ import annotations

import pytest

from tests.harness.clients_command import ClientsCommand
from tests.harness.clock import DAY_MS, HOUR_MS, MINUTE_MS
from tests.harness.person import Person, person
from tests.harness.phone import OTHER_PHONE, PHONE, wrong_code
from tests.harness.problems import problem
from tests.harness.running_service import RunningService, running_service
from tests.harness.web_app import WebApp, expect

#: Codes that pages may ask for in a day, one after the other.
_PAGE_CODES, _BETWEEN_MS = 12, 90 * MINUTE_MS


async def test_strangers_on_pages_do_not_take_a_phones_own_logins(database_url: str) -> None:
    """Each has a new browser, as a script has; the pages answer all of them alike."""
    async with running_service(database_url) as service:
        phone = service.phone()
        for _ in range(_PAGE_CODES):
            stranger = Person(service)
            async with stranger.http:
                answered = await stranger.enter(PHONE)
                assert answered.headers["location"] == "/verify"
            await service.idle()
            service.clock.advance(_BETWEEN_MS)
        codes_by_page = len(await phone.unread())
        assert codes_by_page == 10  # CODES_PER_DAY

        await phone.text("LOGIN")
        await phone.text(await phone.code())
        (login,) = [one for one in await service.web_app().find() if one["status"] == "approved"]
        assert login["binding"] == "sms_reply"


async def test_texts_that_use_up_a_phones_logins_leave_the_page_open(sqlite_url: str) -> None:
    """Who can send texts in the phone's name does not keep its owner from the page."""
    async with person(sqlite_url) as (service, browser):
        phone = service.phone()
        for _ in range(_PAGE_CODES):
            await phone.text("LOGIN")
            await service.idle()
            service.clock.advance(_BETWEEN_MS)
        await phone.unread()
        await browser.enter(PHONE)
        await browser.type(await phone.reads())
        assert browser.heading == "Your number is verified"


@pytest.mark.parametrize("late_ms", [15 * MINUTE_MS, HOUR_MS, DAY_MS, 29 * DAY_MS, 31 * DAY_MS])
async def test_an_approval_that_was_kept_is_worth_nothing(sqlite_url: str, late_ms: int) -> None:
    async with running_service(sqlite_url) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        expect(await shop.check(sent["id"], await service.phone().code()), 200)
        service.clock.advance(late_ms)
        for headers in ({}, {"Idempotency-Key": "late"}):
            answer = await shop.ask("POST", f"/{sent['id']}/redeem", headers=headers)
            assert problem(answer, "over")["why"] == "too_old"


async def test_a_code_that_may_not_be_typed_is_neither_right_nor_counted(sqlite_url: str) -> None:
    options = ("--accept", "sms_reply_ref", "--code-entry", "reply")
    key = ClientsCommand(sqlite_url).succeeds("add", "strict", *options).key
    async with running_service(sqlite_url) as service:
        app, phone = service.web_app(key), service.phone()
        opened = await app.open()
        await phone.text(opened["login"]["text"])
        code = await phone.code()
        for bearer in (app, service.web_app(opened["poll_token"])):
            for typed in (code, wrong_code(code)):
                assert problem(await bearer.check(opened["id"], typed), "no_code") == {}
        assert (await app.show(opened["id"]))["attempts_left"] == 5
        await phone.text(code)
        assert (await app.show(opened["id"]))["binding"] == "sms_reply_ref"


ACCEPTED = ["sms_reply", "sms_reply_ref", "browser_code", "sms_reply,sms_reply_ref"]
PHONES = [PHONE, OTHER_PHONE, "+14155550125", "+14155550126"]


@pytest.mark.parametrize("entry", ["page", "reply"])
@pytest.mark.parametrize("accept", ACCEPTED)
async def test_no_way_to_use_a_code_leads_to_a_binding_that_is_not_accepted(
    database_url: str, accept: str, entry: str
) -> None:
    """The code is replied, typed by the web app, typed by the browser; asked for by a page."""
    command = ClientsCommand(database_url)
    added = command.run("add", "strict", "--accept", accept, "--code-entry", entry)
    if added.status:
        return  # such a web app cannot be registered
    async with running_service(database_url) as service:
        app = service.web_app(added.key)
        for phone, way in zip(PHONES, ("reply", "key", "token", "sms"), strict=True):
            await _log_in(service, app, phone, way)
        found = [one for phone in PHONES for one in await app.find(phone)]
        bindings = {one["binding"] for one in found if one["status"] == "approved"}
        assert bindings <= set(accept.split(","))


async def _log_in(service: RunningService, app: WebApp, phone: str, way: str) -> None:
    """Try to; refusals are what is hoped for."""
    sms = {"method": "sms", "phone_number": phone}
    answer = await app.ask("POST", json=sms if way == "sms" else {"method": "text"})
    words = "LOGIN"
    if answer.status_code == 201 and way != "sms":
        words = answer.json()["login"]["text"]
    if answer.status_code != 201 or way != "sms":
        await service.phone(phone).text(words)
    code = await service.phone(phone).code()
    if answer.status_code != 201 or way == "reply":
        await service.phone(phone).text(code)
        return
    opened = answer.json()
    bearer = service.web_app(opened["poll_token"]) if way == "token" else app
    await bearer.check(opened["id"], code)
    await service.phone(phone).text(code)
