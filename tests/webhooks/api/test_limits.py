"""Limits on codes: which one was met, and how many seconds to wait."""

from typing import Any

import pytest

from tests.harness.phone import OTHER_PHONE, PHONE
from tests.harness.problems import problem
from tests.harness.running_service import running_service
from tests.harness.settings import OTHER_SHOP
from tests.harness.web_app import expect

IP = "203.0.113.9"
_WINDOWS = ("codes_per_10_min", "codes_per_hour", "codes_per_day")


async def test_a_resend_in_the_cooldown_is_limited(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        service.clock.advance(500)
        for bearer in (shop, service.web_app(sent["poll_token"])):
            response = await bearer.resend(sent["id"])
            members = problem(response, "limited")
            assert members == {"limit": "resend_cooldown", "retry_after": 60}
            assert response.headers["retry-after"] == "60"
        service.clock.advance(60_000)
        expect(await shop.resend(sent["id"]), 200)


@pytest.mark.parametrize(
    ("limit", "size", "seconds"),
    [("codes_per_10_min", 2, 600), ("codes_per_hour", 2, 3_600), ("codes_per_day", 2, 86_400)],
)
async def test_each_limit_of_a_phone_is_named(
    sqlite_url: str, limit: str, size: int, seconds: int
) -> None:
    # Wider windows may not allow fewer codes: those that are narrower allow as many.
    settings: dict[str, Any] = dict.fromkeys(_WINDOWS[: _WINDOWS.index(limit) + 1], size)
    async with running_service(sqlite_url, resend_cooldown=0, **settings) as service:
        for _ in range(size):
            await service.web_app().create(method="sms", phone_number=PHONE)
        response = await service.web_app().ask(
            "POST", json={"method": "sms", "phone_number": PHONE}
        )
        members = problem(response, "limited")
        assert members.pop("verification_id")
        assert members == {"limit": limit, "retry_after": seconds}
        assert response.headers["retry-after"] == str(seconds)


async def test_the_limit_of_an_address_is_named_without_the_address(database_url: str) -> None:
    async with running_service(database_url, codes_per_ip_hour=1) as service:
        shop = service.web_app()
        body: dict[str, Any] = {"method": "sms", "requester": {"ip": IP}}
        await shop.create(phone_number=PHONE, **body)
        service.clock.advance(1_000)
        response = await shop.ask("POST", json=body | {"phone_number": OTHER_PHONE})
        members = problem(response, "limited")
        assert members == {"limit": "codes_per_ip_hour", "retry_after": 3_599}
        assert response.headers["retry-after"] == "3599"
        assert IP not in response.text
        await shop.create(method="sms", phone_number=OTHER_PHONE)


async def test_resends_of_a_browser_are_counted_by_its_address(sqlite_url: str) -> None:
    async with running_service(sqlite_url, codes_per_ip_hour=1, resend_cooldown=0) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        browser = service.web_app(sent["poll_token"])
        expect(await browser.resend(sent["id"]), 200)
        response = await browser.resend(sent["id"])
        assert problem(response, "limited")["limit"] == "codes_per_ip_hour"
        expect(await shop.resend(sent["id"]), 200)


async def test_limited_names_the_limit_and_the_seconds_to_wait(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        response = await shop.ask("POST", json={"method": "sms", "phone_number": PHONE})
        members = problem(response, "limited")
        live = {"verification_id": sent["id"]}
        assert members == {"limit": "resend_cooldown", "retry_after": 60} | live
        assert response.headers["retry-after"] == "60"
        assert PHONE not in response.text


async def test_limited_names_the_newest_live_verification_of_this_web_app_alone(
    database_url: str,
) -> None:
    body = {"method": "sms", "phone_number": PHONE}
    async with running_service(database_url, codes_per_10_min=2, resend_cooldown=0) as service:
        shop, other = service.web_app(), service.web_app(OTHER_SHOP)
        await shop.open(phone_number=PHONE)  # has sent the phone no code
        older, newer = await shop.create(**body), await shop.create(**body)
        refused = problem(await shop.ask("POST", json=body), "limited")
        assert refused["verification_id"] == newer["id"]
        assert "verification_id" not in problem(await other.ask("POST", json=body), "limited")
        expect(await shop.cancel(newer["id"]), 200)
        refused = problem(await shop.ask("POST", json=body), "limited")
        assert refused["verification_id"] == older["id"]
        expect(await shop.cancel(older["id"]), 200)
        assert "verification_id" not in problem(await shop.ask("POST", json=body), "limited")
