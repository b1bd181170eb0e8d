"""A web app sends a browser to the pages and gets it back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.harness.clients_command import ClientsCommand
from tests.harness.person import Person, person
from tests.harness.phone import PHONE
from tests.harness.running_service import RunningService
from tests.harness.web_app import WebApp, expect

RETURN_TO = "https://shop.example/in?from=login"
STATE = "s" * 200


def link(**changes: str) -> dict[str, str]:
    return {"client": "kiosk", "return_to": RETURN_TO, "state": STATE} | changes


@asynccontextmanager
async def kiosk(
    database_url: str, *options: str, **changes: Any
) -> AsyncIterator[tuple[RunningService, Person, WebApp]]:
    """A service with a registered web app."""
    command = ClientsCommand(database_url)
    key = command.succeeds("add", "kiosk", "--return-to", RETURN_TO, *options).key
    async with person(database_url, **changes) as (service, browser):
        yield service, browser, service.web_app(key)


def returned(answer: httpx.Response) -> str:
    """The id that the browser brings back."""
    assert answer.status_code == 303
    to = urlsplit(answer.headers["location"])
    assert f"{to.scheme}://{to.netloc}{to.path}" == "https://shop.example/in"
    query = parse_qs(to.query)
    assert (query["from"], query["state"]) == (["login"], [STATE])
    (id,) = query["verification"]
    return id


async def test_a_code_brings_the_browser_back_and_the_backend_redeems(database_url: str) -> None:
    async with kiosk(database_url) as (service, browser, app):
        await browser.get("/", **link())
        assert "Log in to continue to shop.example" in browser.words
        assert (
            "form-action 'self' https://shop.example"
            in browser.page.headers["content-security-policy"]
        )
        await browser.enter(PHONE)
        text = await service.phone().reads()
        assert "kiosk" in text

        id = returned(await browser.type(text))
        redeemed = expect(await app.redeem(id), 200)
        assert (redeemed["status"], redeemed["phone_number"]) == ("approved", PHONE)
        assert redeemed["binding"] == "browser_code"
        returned(await browser.get("/verify"))  # back and refresh end there, too


async def test_a_reply_brings_the_browser_back(sqlite_url: str) -> None:
    options = ("--code-entry", "reply")
    async with kiosk(sqlite_url, *options) as (service, browser, app):
        phone = service.phone()
        await browser.get("/", **link())
        await browser.post("/request")
        await phone.text(browser.login)
        await phone.text(await phone.code())
        await browser.get("/verify")
        assert browser.heading == "Is this your number?"
        id = returned(await browser.post("/verify/confirm", mine="yes"))
        assert expect(await app.redeem(id), 200)["binding"] == "sms_reply_ref"


async def test_by_default_the_code_of_a_web_app_is_typed_on_the_page(sqlite_url: str) -> None:
    async with kiosk(sqlite_url) as (service, browser, _app):
        phone = service.phone()
        await browser.get("/", **link())
        await browser.post("/request")
        await phone.text(browser.login)
        await browser.get("/verify")
        assert browser.heading == "Enter your code"
        returned(await browser.type(await phone.code()))


async def test_without_typed_codes_the_page_offers_the_text_alone(sqlite_url: str) -> None:
    options = ("--code-entry", "reply", "--accept", "sms_reply_ref")
    async with kiosk(sqlite_url, *options) as (service, browser, _app):
        phone = service.phone()
        await browser.get("/", **link())
        assert 'name="phone"' not in browser.page.text
        await browser.post("/request")
        await phone.text(browser.login)
        code = await phone.code()
        await browser.get("/verify", type="1")
        assert browser.heading == "Now reply with the code"
        await browser.type(code)
        assert browser.heading == "Now reply with the code"


@pytest.mark.parametrize(
    "changes",
    [
        {"client": "nobody"},
        {"client": "shop"},  # has no return_to: its key is in API_KEYS
        {"client": "_pages"},
        {"return_to": "https://evil.example/in"},
        {"return_to": RETURN_TO + "&more=1"},
        {"return_to": ""},
        {"state": ""},
        {"state": "s" * 201},
    ],
)
async def test_a_link_that_is_not_registered_leads_nowhere(
    sqlite_url: str, changes: dict[str, str]
) -> None:
    async with kiosk(sqlite_url) as (_service, browser, _app):
        answer = await browser.get("/", **link(**changes))
        assert answer.status_code == 400
        assert "location" not in answer.headers
        assert browser.heading == "This link does not work"
        assert "evil.example" not in answer.text


@pytest.mark.parametrize("missing", ["client", "return_to", "state"])
async def test_each_parameter_is_required(sqlite_url: str, missing: str) -> None:
    async with kiosk(sqlite_url) as (_service, browser, _app):
        parameters = link()
        del parameters[missing]
        assert (await browser.get("/", **parameters)).status_code == 400


async def test_there_is_a_link_back_and_no_way_to_another_place(sqlite_url: str) -> None:
    async with kiosk(sqlite_url) as (_service, browser, _app):
        await browser.get("/", **link())
        assert '<a href="https://shop.example/">Back to shop.example</a>' in browser.page.text


async def test_another_web_apps_login_cannot_be_redeemed(sqlite_url: str) -> None:
    async with kiosk(sqlite_url) as (service, browser, _app):
        await browser.get("/", **link())
        await browser.enter(PHONE)
        id = returned(await browser.type(await service.phone().reads()))
        assert (await service.web_app().redeem(id)).status_code == 404


async def test_a_login_for_nobody_is_nobodys_to_redeem(sqlite_url: str) -> None:
    async with kiosk(sqlite_url) as (service, browser, app):
        await browser.enter(PHONE)
        await browser.type(await service.phone().reads())
        ((id, client),) = service.rows("SELECT id, client FROM verifications")
        assert client == "_pages"
        assert (await app.redeem(id)).status_code == 404
