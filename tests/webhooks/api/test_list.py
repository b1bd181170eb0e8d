"""The list of a phone's verifications: whose are shown, since when, and in pages."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.harness.clock import MINUTE_MS
from tests.harness.phone import OTHER_PHONE, PHONE
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import OTHER_SHOP
from tests.harness.web_app import WebApp, expect

_STARTED = "2027-01-15T08:{:02}:00Z"


async def listed(app: WebApp, **parameters: Any) -> dict[str, Any]:
    query = {"phone_number": PHONE, **parameters}
    response = await app.ask("GET", params=query)
    assert response.headers["cache-control"] == "no-store"
    return expect(response, 200)


async def ids(app: WebApp, **parameters: Any) -> list[str]:
    return [one["id"] for one in (await listed(app, **parameters))["data"]]


async def opened(service: RunningService, count: int) -> list[str]:
    """One a minute from 08:00 on; their ids, newest first."""
    shop, created = service.web_app(), []
    for _ in range(count):
        created.append((await shop.open(phone_number=PHONE))["id"])
        service.clock.advance(MINUTE_MS)
    return created[::-1]


async def test_pages_hold_everything_once_newest_first(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop, created = service.web_app(), await opened(service, 5)
        assert await ids(shop) == created
        seen, after = [], None
        for count in (2, 2, 1):
            page = await listed(shop, limit=2, **({"after": after} if after else {}))
            assert len(page["data"]) == count
            assert set(page) == {"data", "next"}
            seen += [one["id"] for one in page["data"]]
            after = page["next"]
        assert after is None
        assert seen == created
        assert (await listed(shop, limit=5))["next"] is None
        assert (await listed(shop, limit=4))["next"] == created[3]


async def test_a_new_verification_does_not_shift_the_next_page(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop, created = service.web_app(), await opened(service, 4)
        after = (await listed(shop, limit=2))["next"]
        await opened(service, 1)
        assert await ids(shop, limit=2, after=after) == created[2:]


async def test_a_page_has_twenty_unless_limit_is_given(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        shop = service.web_app()
        for _ in range(21):
            await shop.open(phone_number=PHONE)
        page = await listed(shop)
        assert len(page["data"]) == 20
        assert len(await ids(shop, after=page["next"])) == 1
        assert len(await ids(shop, limit=100)) == 21


async def test_the_list_covers_fifteen_minutes_unless_created_after_is_given(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        shop, created = service.web_app(), await opened(service, 2)
        service.clock.advance(13 * MINUTE_MS - 1)  # 15 minutes less 1 ms after the first
        assert await ids(shop) == created
        service.clock.advance(1)
        assert await ids(shop) == created[:1]
        assert await ids(shop, created_after=_STARTED.format(0)) == created[:1]
        assert await ids(shop, created_after="2027-01-15T07:59:59.999Z") == created
        service.clock.advance(24 * 60 * MINUTE_MS)
        assert await ids(shop) == []
        assert [
            one["status"] for one in (await listed(shop, created_after="2027-01-01"))["data"]
        ] == [
            "expired",
            "expired",
        ]


@pytest.mark.parametrize(
    ("moment", "count"),
    [
        ("2027-01-15T08:00:00Z", 1),
        ("2027-01-15T08:00:00", 1),
        ("2027-01-15T09:00:00+01:00", 1),
        ("2027-01-15T09:59:59+02:00", 2),
        ("2027-01-15T08:01:00Z", 0),
        ("2027-01-15", 2),
        ("9999-12-31T23:59:59Z", 0),
    ],
)
async def test_created_after_may_be_any_rfc_3339_time(
    sqlite_url: str, moment: str, count: int
) -> None:
    async with running_service(sqlite_url) as service:
        await opened(service, 2)
        assert len(await ids(service.web_app(), created_after=moment)) == count
        unescaped = f"?phone_number={PHONE}&created_after={moment}"  # its + arrives as a space
        page = expect(await service.web_app().ask("GET", unescaped), 200)
        assert len(page["data"]) == count


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        (f"limit={quote('٣')}", "limit"),
        ("after=", "after"),
        ("after=ver_1", "after"),
        (f"after={quote('ver_' + '0' * 46)}%00", "after"),
        ("created_after=", "created_after"),
        ("created_after=yesterday", "created_after"),
        ("created_after=1800000000", "created_after"),
        ("created_after=2027-02-30T00:00:00Z", "created_after"),
        ("page=2", "page"),
        ("phone_number=nobody", "phone_number"),
        ("phone_number=", "phone_number"),
        ("phone_number=%00", "phone_number"),
    ],
)
async def test_an_invalid_parameter_is_named(database_url: str, query: str, member: str) -> None:
    async with running_service(database_url) as service:
        phone = "" if query.startswith("phone_number") else f"phone_number={quote(PHONE)}&"
        problem = expect(await service.web_app().ask("GET", f"?{phone}{query}"), 422)
        assert problem["type"] == "urn:textlogin:problem:invalid"
        assert [error["member"] for error in problem["errors"]] == [member]


async def test_a_list_requires_a_phone_number(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        problem = expect(await service.web_app().ask("GET"), 422)
        assert [error["member"] for error in problem["errors"]] == ["phone_number"]


async def test_a_cursor_never_shows_another_web_apps_verifications(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop, other = service.web_app(), service.web_app(OTHER_SHOP)
        theirs = await other.open(phone_number=PHONE)
        service.clock.advance(1)
        mine = await shop.open(phone_number=PHONE)
        service.clock.advance(1)
        newest = await other.open(phone_number=PHONE)
        assert await ids(shop, after=newest["id"]) == [mine["id"]]
        assert await ids(shop, after=mine["id"]) == []
        assert await ids(other) == [newest["id"], theirs["id"]]


async def test_a_stand_alone_login_is_listed_for_every_web_app_in_api_keys(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        await service.phone().text("LOGIN")
        for app in (service.web_app(), service.web_app(OTHER_SHOP)):
            (login,) = (await listed(app))["data"]
            assert (login["method"], login["login"]["ref"]) == ("text", None)
            assert login["phone_number"] == PHONE
        assert await ids(service.web_app(), phone_number=OTHER_PHONE) == []
