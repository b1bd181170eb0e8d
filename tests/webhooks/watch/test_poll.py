"""`?wait=`: a poll that is held until the verification differs from what the client knows."""

import asyncio
from typing import Any

import pytest

from tests.harness.asgi_request import AsgiRequest
from tests.harness.eventually import run_what_is_due
from tests.harness.polls import etag, poll
from tests.harness.running_service import running_service
from tests.harness.settings import OTHER_SHOP, SHOP
from tests.harness.web_app import expect


async def test_a_poll_with_another_etag_is_answered_at_once(database_url: str) -> None:
    async with running_service(database_url) as service:
        opened = await service.web_app().open()
        for known in ("", '"another"', '"one", "two"'):
            answer = await poll(service, opened["id"], known).done()
            assert answer.status == 200
            assert answer.json["id"] == opened["id"]
            assert answer.response_headers["etag"] == await etag(service, opened["id"])
            assert answer.response_headers["cache-control"] == "no-store"


@pytest.mark.parametrize("knows", [True, False])
async def test_a_poll_with_the_current_etag_is_held_until_a_change(
    database_url: str, knows: bool
) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        known = await etag(service, opened["id"]) if knows else None
        held = poll(service, opened["id"], known)
        await service.until_waiting(1)
        await run_what_is_due()
        assert not held.is_done
        await phone.text(opened["login"]["text"])
        answer = await held.done()
        assert (answer.status, answer.json["awaiting"]) == (200, "code")
        assert answer.response_headers["etag"] != known
        assert service.live.waiting == 0


async def test_a_change_wakes_every_waiter_of_that_verification(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened, other = await shop.open(), await shop.open()
        held = [poll(service, opened["id"]) for _ in range(20)]
        aside = poll(service, other["id"])
        await service.until_waiting(21)
        await phone.text(opened["login"]["text"])
        for one in held:
            assert (await one.done()).json["awaiting"] == "code"
        assert not aside.is_done
        assert service.live.waiting == 1
        await aside.disconnect()


async def test_polling_with_the_last_etag_sees_a_login_to_its_end(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        seen: list[tuple[str, str | None]] = []

        async def follow() -> None:
            known = ""
            while True:
                answer = await poll(service, opened["id"], known).done()
                assert answer.status == 200
                known = answer.response_headers["etag"]
                seen.append((answer.json["status"], answer.json["awaiting"]))
                if answer.json["status"] != "pending":
                    return

        following = asyncio.create_task(follow())
        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await following
        assert seen[-1] == ("approved", None)
        assert set(seen[:-1]) <= {("pending", "login"), ("pending", "code")}


@pytest.mark.parametrize("query", ["wait=0", "", "wait=0&x=1", "await=25"])
async def test_a_poll_without_a_wait_is_answered_at_once(sqlite_url: str, query: str) -> None:
    async with running_service(sqlite_url) as service:
        opened = await service.web_app().open()
        headers = {"If-None-Match": await etag(service, opened["id"])}
        answer = await AsgiRequest(service.app, f"{opened['id']}?{query}", SHOP, headers).done()
        assert answer.status == 304


@pytest.mark.parametrize("wait", ["x", "-1", "1.5", "", "1e3", "%35", "%D9%A3", "5%20"])
async def test_a_wait_that_is_not_a_number_is_invalid(sqlite_url: str, wait: str) -> None:
    async with running_service(sqlite_url) as service:
        opened = await service.web_app().open()
        for query in (f"wait={wait}", f"x=1&wait={wait}"):
            problem = expect(await service.web_app().ask("GET", f"/{opened['id']}?{query}"), 422)
            assert [error["member"] for error in problem["errors"]] == ["wait"]


async def test_a_final_verification_is_answered_at_once_whatever_the_client_knows(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await service.idle()
        known = await etag(service, opened["id"])
        for if_none_match, status in ((None, 200), ('"another"', 200), (known, 304), ("*", 304)):
            answer = await poll(service, opened["id"], if_none_match).done()
            assert answer.status == status
        assert service.live.waiting == 0


async def test_polls_show_changes_after_a_final_status(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await service.idle()
        for change, status in (("redeem", "approved"), ("NO", "denied")):
            known = await etag(service, opened["id"])
            if change == "redeem":
                expect(await shop.redeem(opened["id"]), 200)
            else:
                await phone.text(change)
            answer = await poll(service, opened["id"], known).done()
            assert (answer.status, answer.json["status"]) == (200, status)
            assert answer.response_headers["etag"] != known


async def test_a_client_that_disconnects_no_longer_waits(database_url: str) -> None:
    async with running_service(database_url) as service:
        opened = await service.web_app().open()
        held = [poll(service, opened["id"]) for _ in range(3)]
        await service.until_waiting(3)
        await held[0].disconnect()
        assert (held[0].status, held[0].body) == (0, b"")
        assert service.live.waiting == 2
        for one in held[1:]:
            await one.disconnect()
        assert service.live.waiting == 0


async def test_at_most_max_waiters_wait(database_url: str) -> None:
    async with running_service(database_url, max_waiters=2) as service:
        shop = service.web_app()
        opened = await shop.open()
        known = await etag(service, opened["id"])
        held = [poll(service, opened["id"], known) for _ in range(2)]
        await service.until_waiting(2)
        for path in ("?wait=25", "/events"):
            watcher = AsgiRequest(service.app, opened["id"] + path, SHOP, {"If-None-Match": known})
            refused = await watcher.done()
            assert refused.status == 503
            assert refused.json["type"] == "urn:textlogin:problem:unavailable"
            assert int(refused.response_headers["retry-after"]) >= 1
        assert (
            await poll(service, opened["id"], '"another"').done()
        ).status == 200  # answered without waiting
        await shop.show(opened["id"])

        await held[0].disconnect()
        third = poll(service, opened["id"], known)
        await service.until_waiting(2)
        for one in (held[1], third):
            await one.disconnect()


async def test_one_poll_token_holds_at_most_100_waits(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        opened, other = [await service.web_app().open() for _ in range(2)]

        def waits(verification: dict[str, Any], path: str = "?wait=25") -> AsgiRequest:
            return AsgiRequest(
                service.app, verification["id"] + path, str(verification["poll_token"])
            )

        held = [waits(opened) for _ in range(100)]
        await service.until_waiting(100)
        for path in ("?wait=25", "/events"):
            refused = await waits(opened, path).done()
            assert (refused.status, refused.json["status"]) == (503, 503)
            assert refused.response_headers["connection"] == "close"
        held += [waits(other), poll(service, opened["id"])]  # another token, an API key
        await service.until_waiting(102)
        await held[0].disconnect()
        held.append(waits(opened))
        await service.until_waiting(102)
        for one in held[1:]:
            await one.disconnect()
        assert (await waits(opened, "").done()).status == 200


async def test_one_web_app_holds_at_most_nine_tenths_of_all_waits(sqlite_url: str) -> None:
    async with running_service(sqlite_url, max_waiters=20) as service:
        opened = await service.web_app().open()
        foreign = await service.web_app(OTHER_SHOP).open()
        held = [poll(service, opened["id"]) for _ in range(18)]
        await service.until_waiting(18)
        assert (await poll(service, opened["id"]).done()).status == 503
        held += [AsgiRequest(service.app, foreign["id"] + "?wait=25", OTHER_SHOP) for _ in range(2)]
        await service.until_waiting(20)
        for one in held:
            await one.disconnect()


async def test_a_stop_wakes_every_waiter(database_url: str) -> None:
    async with running_service(database_url) as service:
        opened = await service.web_app().open()
        known = await etag(service, opened["id"])
        polls = [poll(service, opened["id"], known) for _ in range(5)]
        stream = AsgiRequest(service.app, f"{opened['id']}/events", SHOP)
        await service.until_waiting(6)
        service.live.close()
        for one in polls:
            assert (await one.done()).status == 304
        assert (await stream.done()).events[0].id == known
        assert service.live.waiting == 0
        assert (await poll(service, opened["id"], known).done()).status == 304  # not held any more


async def test_head_is_a_poll_without_a_body(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        opened = await service.web_app().open()
        answer = await AsgiRequest(service.app, opened["id"], SHOP, method="HEAD").done()
        assert (answer.status, answer.body) == (200, b"")
        assert int(answer.response_headers["content-length"]) > 0
        assert answer.response_headers["etag"] == await etag(service, opened["id"])
