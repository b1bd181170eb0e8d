"""`?wait=`: held until it differs from what is known, and not a moment longer."""

import asyncio

import pytest

from tests.harness.asgi_request import AsgiRequest
from tests.harness.clock import MINUTE_MS, LoopClock
from tests.harness.eventually import run_what_is_due
from tests.harness.phone import PHONE
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import OTHER_SHOP, SHOP
from tests.harness.web_app import expect


async def etag(service: RunningService, id: str) -> str:
    return str((await service.web_app().ask("GET", f"/{id}")).headers["etag"])


def poll(
    service: RunningService, id: str, known: str | None = None, seconds: int = 25
) -> AsgiRequest:
    headers = {} if known is None else {"If-None-Match": known}
    return AsgiRequest(service.app, f"{id}?wait={seconds}", SHOP, headers)


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


async def test_a_poll_is_answered_when_its_wait_is_over(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        loop_clock = LoopClock()
        opened = await service.web_app().open()
        known = await etag(service, opened["id"])
        knows, does_not = (
            poll(service, opened["id"], known, 9),
            poll(service, opened["id"], None, 9),
        )
        await service.until_waiting(2)
        loop_clock.advance(8)
        await run_what_is_due()
        assert service.live.waiting == 2
        loop_clock.advance(1.1)
        assert ((await knows.done()).status, knows.body) == (304, b"")
        assert knows.response_headers["etag"] == known
        assert (await does_not.done()).status == 200
        assert does_not.json["status"] == "pending"
        assert does_not.response_headers["etag"] == known
        assert service.live.waiting == 0


async def test_long_waits_end_at_different_times(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        loop_clock = LoopClock()
        opened = await service.web_app().open()
        polls = [poll(service, opened["id"], None, 25) for _ in range(50)]
        await service.until_waiting(50)
        loop_clock.advance(19)
        await run_what_is_due()
        assert service.live.waiting == 50
        loop_clock.advance(3.5)
        await run_what_is_due()
        assert 5 <= service.live.waiting <= 45
        loop_clock.advance(2.6)
        assert {(await one.done()).status for one in polls} == {200}


async def test_no_poll_is_held_longer_than_max_wait(sqlite_url: str) -> None:
    async with running_service(sqlite_url, max_wait=5) as service:
        loop_clock = LoopClock()
        held = poll(service, (await service.web_app().open())["id"], None, 9_999_999_999)
        await service.until_waiting(1)
        loop_clock.advance(5.1)
        assert (await held.done()).status == 200
    async with running_service(sqlite_url, max_wait=0) as service:
        opened = await service.web_app().open()
        assert (await poll(service, opened["id"]).done()).status == 200


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


async def test_waiters_are_woken_when_a_code_or_a_verification_expires(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        loop_clock, phone = LoopClock(), service.phone()
        opened = await service.web_app().open(expires_in=600)
        await phone.text(opened["login"]["text"])
        await phone.code()
        await service.idle()
        for elapsed, status, awaiting in (
            (5 * MINUTE_MS - 10_000, "pending", "login"),
            (5 * MINUTE_MS - 10_000, "expired", None),
        ):
            service.clock.advance(elapsed)
            known = await etag(service, opened["id"])
            held = [poll(service, opened["id"], known) for _ in range(3)]
            await service.until_waiting(3)
            loop_clock.advance(9.9)
            service.clock.advance(9_900)
            await run_what_is_due()
            assert service.live.waiting == 3
            service.clock.advance(100)
            loop_clock.advance(1.1)
            for one in held:
                answer = await one.done()
                assert answer.status == 200
                assert (answer.json["status"], answer.json["awaiting"]) == (status, awaiting)
                assert answer.response_headers["etag"] != known


async def test_a_new_code_postpones_the_next_wake_up(sqlite_url: str) -> None:
    async with running_service(sqlite_url, resend_cooldown=0) as service:
        loop_clock, shop = LoopClock(), service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        await service.idle()
        service.clock.advance(5 * MINUTE_MS - 5_000)
        held = poll(service, sent["id"])
        await service.until_waiting(1)
        expect(await shop.ask("POST", f"/{sent['id']}/resend"), 200)
        assert (await held.done()).json["code_expires_at"] == "2027-01-15T08:09:55.000Z"
        await service.idle()

        held = poll(service, sent["id"])
        await service.until_waiting(1)
        service.clock.advance(6_000)  # the old code's time
        loop_clock.advance(6)
        await run_what_is_due()
        assert not held.is_done
        await held.disconnect()


async def test_an_expiry_is_reported_although_the_clock_lags_behind_the_timer(
    sqlite_url: str,
) -> None:
    """Timers run on another clock than the one that decides; each may be a little off."""
    async with running_service(sqlite_url) as service:
        loop_clock = LoopClock()
        opened = await service.web_app().open()
        service.clock.advance(15 * MINUTE_MS - 5_000)
        held = [poll(service, opened["id"]) for _ in range(2)]
        await service.until_waiting(2)
        service.clock.advance(4_999)
        loop_clock.advance(5.5)
        await run_what_is_due()
        assert service.live.waiting == 2
        service.clock.advance(1)
        loop_clock.advance(0.1)
        for one in held:
            assert (await one.done()).json["status"] == "expired"


async def test_changes_after_a_final_status_wake_waiters(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await service.idle()
        for change, status in (("redeem", "approved"), ("NO", "denied")):
            held = poll(service, opened["id"], await etag(service, opened["id"]))
            await service.until_waiting(1)
            if change == "redeem":
                expect(await shop.redeem(opened["id"]), 200)
            else:
                await phone.text(change)
            answer = await held.done()
            assert (answer.status, answer.json["status"]) == (200, status)


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
        ).status == 200  # needs no room
        await shop.show(opened["id"])

        await held[0].disconnect()
        third = poll(service, opened["id"], known)
        await service.until_waiting(2)
        for one in (held[1], third):
            await one.disconnect()


async def test_a_poll_token_can_wait_and_sees_a_masked_phone(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        opened = await service.web_app().open()
        held = AsgiRequest(service.app, f"{opened['id']}?wait=25", opened["poll_token"])
        await service.until_waiting(1)
        await phone.text(opened["login"]["text"])
        shown = (await held.done()).json
        assert (shown["awaiting"], shown["phone_number"]) == ("code", "+1••••••0123")
        assert PHONE not in str(shown)


@pytest.mark.parametrize("end", ["canceled", "expired"])
async def test_a_poll_token_is_invalid_an_hour_after_the_end(database_url: str, end: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        opened = await shop.open()
        if end == "canceled":
            expect(await shop.ask("POST", f"/{opened['id']}/cancel"), 200)
        else:
            service.clock.advance(15 * MINUTE_MS)
        ways: tuple[tuple[str, str, dict[str, str]], ...] = (
            ("GET", f"/{opened['id']}", {}),
            ("GET", f"/{opened['id']}?wait=25", {"If-None-Match": '"x"'}),
            ("GET", f"/{opened['id']}/events", {}),
            ("POST", f"/{opened['id']}/cancel", {}),
            ("POST", f"/{opened['id']}/resend", {}),
        )
        browser = service.web_app(opened["poll_token"])
        service.clock.advance(60 * MINUTE_MS - 1)
        for method, path, headers in ways:
            response = await browser.ask(method, path, headers=headers)
            assert response.status_code == (200 if method == "GET" else 409), path
        service.clock.advance(1)
        for method, path, headers in ways:
            response = await browser.ask(method, path, headers=headers)
            assert response.status_code == 404, path
        assert (await shop.show(opened["id"]))["status"] == end


async def test_a_poll_token_that_expires_during_its_wait_gets_404(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        loop_clock, shop = LoopClock(), service.web_app()
        opened = await shop.open()
        expect(await shop.ask("POST", f"/{opened['id']}/cancel"), 200)
        service.clock.advance(60 * MINUTE_MS - 5_000)
        known = await etag(service, opened["id"])
        headers = {"If-None-Match": known}
        held = AsgiRequest(service.app, f"{opened['id']}?wait=25", opened["poll_token"], headers)
        await service.until_waiting(1)
        service.clock.advance(25_000)
        loop_clock.advance(25)
        assert (await held.done()).status == 404


async def test_a_wait_without_access_is_refused_at_once(database_url: str) -> None:
    async with running_service(database_url) as service:
        opened = await service.web_app().open()
        for path in (f"{opened['id']}?wait=25", f"{opened['id']}/events"):
            assert (await AsgiRequest(service.app, path, OTHER_SHOP).done()).status == 404
            assert (await AsgiRequest(service.app, path, "k" * 40).done()).status == 401
        for path in ("ver_1?wait=25", f"ver_{'0' * 47}?wait=25", f"ver_{'0' * 47}/events"):
            assert (await AsgiRequest(service.app, path, SHOP).done()).status == 404


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
        assert (
            await poll(service, opened["id"], known).done()
        ).status == 304  # nobody waits any more


async def test_head_is_a_poll_without_a_body(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        opened = await service.web_app().open()
        answer = await AsgiRequest(service.app, opened["id"], SHOP, method="HEAD").done()
        assert (answer.status, answer.body) == (200, b"")
        assert int(answer.response_headers["content-length"]) > 0
        assert answer.response_headers["etag"] == await etag(service, opened["id"])
