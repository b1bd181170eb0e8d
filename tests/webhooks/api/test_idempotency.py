"""`Idempotency-Key`: the same request sent again opens nothing new."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.harness.clock import DAY_MS, MINUTE_MS
from tests.harness.phone import PHONE
from tests.harness.problems import invalid_members, problem
from tests.harness.running_service import running_service
from tests.harness.settings import OTHER_SHOP
from tests.harness.web_app import WebApp, expect

SMS = {"method": "sms", "phone_number": PHONE}


async def create(
    app: WebApp, members: dict[str, Any] | None = None, key: str = "order-42"
) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    return await app.ask("POST", json=members or {"method": "text"}, headers=headers)


async def test_the_same_key_and_body_return_the_verification_as_it_is_now(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        wanted = {"method": "text", "code_entry": "reply", "reference": "cart-42"}
        first = await create(shop, wanted)
        opened = expect(first, 201)
        assert "idempotency-replayed" not in first.headers

        again = await create(shop, dict(reversed(wanted.items())))
        assert expect(again, 201) == opened
        assert again.headers["idempotency-replayed"] == "true"
        for header in ("etag", "location", "cache-control"):
            assert again.headers[header] == first.headers[header]

        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await service.idle()
        later = await create(shop, wanted)
        shown = await shop.ask("GET", f"/{opened['id']}")
        assert expect(later, 201) == {**shown.json(), "poll_token": opened["poll_token"]}
        assert later.json()["status"] == "approved"
        assert later.headers["etag"] == shown.headers["etag"]
        assert service.count("verifications") == 1


async def test_repeated_requests_with_one_key_send_one_code(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        first = expect(await create(shop, SMS), 201)
        for _ in range(3):
            again = await create(shop, SMS)  # within the cooldown, yet not refused
            assert expect(again, 201)["id"] == first["id"]
        assert len(await phone.unread()) == 1


async def test_the_same_key_with_another_body_is_refused(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        first = expect(await create(shop), 201)
        for other in ({"method": "text", "reference": "cart-43"}, SMS):
            assert problem(await create(shop, other), "idempotency_mismatch") == {}
        assert expect(await create(shop), 201) == first
        assert service.count("verifications") == 1
        assert await service.phone().unread() == []


@pytest.mark.parametrize("members", [{"method": "text"}, SMS])
async def test_simultaneous_requests_with_one_key_open_one_verification(
    database_url: str, members: dict[str, Any]
) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        answers = await asyncio.gather(*(create(shop, members) for _ in range(12)))
        assert len({expect(answer, 201)["id"] for answer in answers}) == 1
        assert len({answer.json()["poll_token"] for answer in answers}) == 1
        replayed = [answer.headers.get("idempotency-replayed") for answer in answers]
        assert sorted(filter(None, replayed)) == ["true"] * 11
        assert service.count("verifications") == 1
        assert len(await service.phone().unread()) == (members["method"] == "sms")


async def test_simultaneous_requests_to_two_processes_open_one_verification(
    postgresql_url: str,
) -> None:
    async with (
        running_service(postgresql_url) as one,
        running_service(postgresql_url, clock=one.clock) as other,
    ):
        apps = [one.web_app(), other.web_app()]
        answers = await asyncio.gather(*(create(apps[turn % 2], SMS) for turn in range(12)))
        assert len({expect(answer, 201)["id"] for answer in answers}) == 1
        await one.idle()
        assert one.count("messages") == 1


async def test_a_refusal_is_not_remembered(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        await shop.create(**SMS)
        expect(await create(shop, SMS), 429)
        expect(await create(shop, {"method": "text", "expires_in": 1}), 422)
        service.clock.advance(MINUTE_MS)
        opened = await create(shop, SMS)
        assert expect(opened, 201)["status"] == "pending"
        assert "idempotency-replayed" not in opened.headers


async def test_a_verification_that_failed_at_once_is_remembered(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop, german = service.web_app(), {"method": "sms", "phone_number": "+4915112345678"}
        failed = expect(await create(shop, german), 201)
        assert failed["status"] == "failed"
        assert expect(await create(shop, german), 201)["id"] == failed["id"]


async def test_each_web_app_has_its_own_keys(database_url: str) -> None:
    async with running_service(database_url) as service:
        mine = expect(await create(service.web_app()), 201)
        other = expect(
            await create(service.web_app(OTHER_SHOP), {"method": "text", "locale": "en"}), 201
        )
        assert mine["id"] != other["id"]
        assert expect(await create(service.web_app()), 201)["id"] == mine["id"]


async def test_a_key_is_forgotten_after_a_day(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        first = expect(await create(shop), 201)
        service.clock.advance(DAY_MS - 1)
        last = expect(await create(shop), 201)
        assert (last["id"], last["status"]) == (first["id"], "expired")
        service.clock.advance(1)
        fresh = await create(shop, {"method": "text", "reference": "another body"})
        assert expect(fresh, 201)["id"] != first["id"]
        assert "idempotency-replayed" not in fresh.headers
        again = await create(shop, {"method": "text", "reference": "another body"})
        assert expect(again, 201)["id"] == fresh.json()["id"]


async def test_requests_without_a_key_open_one_verification_each(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        assert (await service.web_app().open())["id"] != (await service.web_app().open())["id"]


@pytest.mark.parametrize("key", ["", " ", "two words", "k" * 256, "schlüssel", "a\tb", "\x7f"])
async def test_a_malformed_key_is_refused(sqlite_url: str, key: str) -> None:
    async with running_service(sqlite_url) as service:
        headers = [
            (b"Authorization", f"Bearer {service.web_app().bearer}".encode()),
            (b"Idempotency-Key", key.encode("latin-1")),
        ]
        response = await service.http.post(
            "/v1/verifications", json={"method": "text"}, headers=headers
        )
        assert invalid_members(response) == {"Idempotency-Key"}
        assert service.count("verifications") == 0


async def test_a_key_may_have_any_printable_ascii(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        for key in ("!" * 255, '"quoted"', "a:b/c?d%20'e\\"):
            first = expect(await create(service.web_app(), key=key), 201)
            assert expect(await create(service.web_app(), key=key), 201)["id"] == first["id"]
        assert service.count("verifications") == 3
