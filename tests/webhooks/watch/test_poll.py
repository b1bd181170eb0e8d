"""`?wait=`: held until it differs from what is known, and not a moment longer."""

import asyncio

import pytest

from tests.harness.running_service import (
    MINUTE_MS,
    OTHER_SHOP,
    PHONE,
    SHOP,
    World,
    expect,
    world,
)
from tests.harness.watcher import LoopClock, Watcher, quiet, settled, waiting


async def etag(at: World, id: str) -> str:
    return str((await at.web_app().ask("GET", f"/{id}")).headers["etag"])


def poll(at: World, id: str, known: str | None = None, seconds: int = 25) -> Watcher:
    headers = {} if known is None else {"If-None-Match": known}
    return Watcher(at.app, f"{id}?wait={seconds}", SHOP, headers)


async def test_what_differs_already_is_answered_at_once(database_url: str) -> None:
    async with world(database_url) as at:
        opened = await at.web_app().open()
        for known in ("", '"another"', '"one", "two"'):
            answer = await poll(at, opened["id"], known).done()
            assert answer.status == 200
            assert answer.object["id"] == opened["id"]
            assert answer.answered["etag"] == await etag(at, opened["id"])
            assert answer.answered["cache-control"] == "no-store"


@pytest.mark.parametrize("knows", [True, False])
async def test_what_is_known_is_held_until_it_changes(database_url: str, knows: bool) -> None:
    async with world(database_url) as at:
        phone, shop = at.phone(), at.web_app()
        opened = await shop.open()
        known = await etag(at, opened["id"]) if knows else None
        held = poll(at, opened["id"], known)
        await waiting(at, 1)
        await settled()
        assert not held.is_done
        await phone.text(opened["login"]["text"])
        answer = await held.done()
        assert (answer.status, answer.object["awaiting"]) == (200, "code")
        assert answer.answered["etag"] != known
        assert at.service.live.waiting == 0


async def test_everybody_who_waits_is_woken(database_url: str) -> None:
    async with world(database_url) as at:
        phone, shop = at.phone(), at.web_app()
        opened, other = await shop.open(), await shop.open()
        held = [poll(at, opened["id"]) for _ in range(20)]
        aside = poll(at, other["id"])
        await waiting(at, 21)
        await phone.text(opened["login"]["text"])
        for one in held:
            assert (await one.done()).object["awaiting"] == "code"
        assert not aside.is_done
        assert at.service.live.waiting == 1
        aside.leave()
        await aside.done()


async def test_each_step_of_a_login_is_seen_by_who_follows_its_etags(database_url: str) -> None:
    async with world(database_url) as at:
        phone, shop = at.phone(), at.web_app()
        opened = await shop.open()
        seen: list[tuple[str, str | None]] = []

        async def follow() -> None:
            known = ""
            while True:
                answer = await poll(at, opened["id"], known).done()
                assert answer.status == 200
                known = answer.answered["etag"]
                seen.append((answer.object["status"], answer.object["awaiting"]))
                if answer.object["status"] != "pending":
                    return

        following = asyncio.create_task(follow())
        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await following
        assert seen[-1] == ("approved", None)
        assert set(seen[:-1]) <= {("pending", "login"), ("pending", "code")}


async def test_after_the_time_it_is_answered_as_it_is(sqlite_url: str) -> None:
    async with world(sqlite_url) as at:
        loop_clock = LoopClock()
        opened = await at.web_app().open()
        known = await etag(at, opened["id"])
        knows, does_not = poll(at, opened["id"], known, 9), poll(at, opened["id"], None, 9)
        await waiting(at, 2)
        loop_clock.advance(8)
        await settled()
        assert at.service.live.waiting == 2
        loop_clock.advance(1.1)
        assert ((await knows.done()).status, knows.body) == (304, b"")
        assert knows.answered["etag"] == known
        assert (await does_not.done()).status == 200
        assert does_not.object["status"] == "pending"
        assert does_not.answered["etag"] == known
        assert at.service.live.waiting == 0


async def test_a_herd_of_long_waits_does_not_come_back_as_one(sqlite_url: str) -> None:
    async with world(sqlite_url) as at:
        loop_clock = LoopClock()
        opened = await at.web_app().open()
        polls = [poll(at, opened["id"], None, 25) for _ in range(50)]
        await waiting(at, 50)
        loop_clock.advance(19)
        await settled()
        assert at.service.live.waiting == 50
        loop_clock.advance(3.5)
        await settled()
        assert 5 <= at.service.live.waiting <= 45
        loop_clock.advance(2.6)
        assert {(await one.done()).status for one in polls} == {200}


async def test_nobody_is_held_longer_than_the_settings_say(sqlite_url: str) -> None:
    async with world(sqlite_url, max_wait=5) as at:
        loop_clock = LoopClock()
        held = poll(at, (await at.web_app().open())["id"], None, 9_999_999_999)
        await waiting(at, 1)
        loop_clock.advance(5.1)
        assert (await held.done()).status == 200
    async with world(sqlite_url, max_wait=0) as at:
        opened = await at.web_app().open()
        assert (await poll(at, opened["id"]).done()).status == 200


@pytest.mark.parametrize("query", ["wait=0", "", "wait=0&x=1", "await=25"])
async def test_who_does_not_want_to_wait_does_not(sqlite_url: str, query: str) -> None:
    async with world(sqlite_url) as at:
        opened = await at.web_app().open()
        headers = {"If-None-Match": await etag(at, opened["id"])}
        answer = await Watcher(at.app, f"{opened['id']}?{query}", SHOP, headers).done()
        assert answer.status == 304


@pytest.mark.parametrize("wait", ["x", "-1", "1.5", "", "1e3", "%35", "%D9%A3", "5%20"])
async def test_a_wait_that_is_no_number_of_seconds_is_refused(sqlite_url: str, wait: str) -> None:
    async with world(sqlite_url) as at:
        opened = await at.web_app().open()
        for query in (f"wait={wait}", f"x=1&wait={wait}"):
            problem = expect(await at.web_app().ask("GET", f"/{opened['id']}?{query}"), 422)
            assert [error["member"] for error in problem["errors"]] == ["wait"]


async def test_a_codes_death_and_an_expiry_wake_on_time(sqlite_url: str) -> None:
    async with world(sqlite_url) as at:
        loop_clock, phone = LoopClock(), at.phone()
        opened = await at.web_app().open(expires_in=600)
        await phone.text(opened["login"]["text"])
        await phone.code()
        await quiet(at)
        for elapsed, status, awaiting in (
            (5 * MINUTE_MS - 10_000, "pending", "login"),
            (5 * MINUTE_MS - 10_000, "expired", None),
        ):
            at.clock.advance(elapsed)
            known = await etag(at, opened["id"])
            held = [poll(at, opened["id"], known) for _ in range(3)]
            await waiting(at, 3)
            loop_clock.advance(9.9)
            at.clock.advance(9_900)
            await settled()
            assert at.service.live.waiting == 3
            at.clock.advance(100)
            loop_clock.advance(1.1)
            for one in held:
                answer = await one.done()
                assert answer.status == 200
                assert (answer.object["status"], answer.object["awaiting"]) == (status, awaiting)
                assert answer.answered["etag"] != known


async def test_a_new_code_moves_the_moment_that_is_waited_for(sqlite_url: str) -> None:
    async with world(sqlite_url, resend_cooldown=0) as at:
        loop_clock, shop = LoopClock(), at.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        await quiet(at)
        at.clock.advance(5 * MINUTE_MS - 5_000)
        held = poll(at, sent["id"])
        await waiting(at, 1)
        expect(await shop.ask("POST", f"/{sent['id']}/resend"), 200)
        assert (await held.done()).object["code_expires_at"] == "2027-01-15T08:09:55.000Z"
        await quiet(at)

        held = poll(at, sent["id"])
        await waiting(at, 1)
        at.clock.advance(6_000)  # the old code's time
        loop_clock.advance(6)
        await settled()
        assert not held.is_done
        held.leave()
        await held.done()


async def test_a_clock_that_lags_behind_the_timers_misses_nothing(sqlite_url: str) -> None:
    """Timers run on another clock than the one that decides; each may be a little off."""
    async with world(sqlite_url) as at:
        loop_clock = LoopClock()
        opened = await at.web_app().open()
        at.clock.advance(15 * MINUTE_MS - 5_000)
        held = [poll(at, opened["id"]) for _ in range(2)]
        await waiting(at, 2)
        at.clock.advance(4_999)
        loop_clock.advance(5.5)
        await settled()
        assert at.service.live.waiting == 2
        at.clock.advance(1)
        loop_clock.advance(0.1)
        for one in held:
            assert (await one.done()).object["status"] == "expired"


async def test_a_final_status_is_followed_by_what_still_can_change(database_url: str) -> None:
    async with world(database_url) as at:
        phone, shop = at.phone(), at.web_app()
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await quiet(at)
        for change, status in (("redeem", "approved"), ("NO", "denied")):
            held = poll(at, opened["id"], await etag(at, opened["id"]))
            await waiting(at, 1)
            if change == "redeem":
                expect(await shop.redeem(opened["id"]), 200)
            else:
                await phone.text(change)
            answer = await held.done()
            assert (answer.status, answer.object["status"]) == (200, status)


async def test_who_goes_away_waits_no_longer(database_url: str) -> None:
    async with world(database_url) as at:
        opened = await at.web_app().open()
        held = [poll(at, opened["id"]) for _ in range(3)]
        await waiting(at, 3)
        held[0].leave()
        await held[0].done()
        assert (held[0].status, held[0].body) == (0, b"")
        assert at.service.live.waiting == 2
        for one in held[1:]:
            one.leave()
            await one.done()
        assert at.service.live.waiting == 0


async def test_as_many_wait_as_the_settings_allow(database_url: str) -> None:
    async with world(database_url, max_waiters=2) as at:
        shop = at.web_app()
        opened = await shop.open()
        known = await etag(at, opened["id"])
        held = [poll(at, opened["id"], known) for _ in range(2)]
        await waiting(at, 2)
        for path in ("?wait=25", "/events"):
            watcher = Watcher(at.app, opened["id"] + path, SHOP, {"If-None-Match": known})
            refused = await watcher.done()
            assert refused.status == 503
            assert refused.object["type"] == "urn:textlogin:problem:unavailable"
            assert int(refused.answered["retry-after"]) >= 1
        assert (await poll(at, opened["id"], '"another"').done()).status == 200  # needs no room
        await shop.show(opened["id"])

        held[0].leave()
        await held[0].done()
        third = poll(at, opened["id"], known)
        await waiting(at, 2)
        for one in (held[1], third):
            one.leave()
            await one.done()


async def test_the_holder_of_a_poll_token_waits_and_sees_a_masked_number(
    database_url: str,
) -> None:
    async with world(database_url) as at:
        phone = at.phone()
        opened = await at.web_app().open()
        held = Watcher(at.app, f"{opened['id']}?wait=25", opened["poll_token"])
        await waiting(at, 1)
        await phone.text(opened["login"]["text"])
        shown = (await held.done()).object
        assert (shown["awaiting"], shown["phone_number"]) == ("code", "+1••••••0123")
        assert PHONE not in str(shown)


@pytest.mark.parametrize("end", ["canceled", "expired"])
async def test_an_hour_after_the_end_a_poll_token_is_dead_by_every_way(
    database_url: str, end: str
) -> None:
    async with world(database_url) as at:
        shop = at.web_app()
        opened = await shop.open()
        if end == "canceled":
            expect(await shop.ask("POST", f"/{opened['id']}/cancel"), 200)
        else:
            at.clock.advance(15 * MINUTE_MS)
        ways: tuple[tuple[str, str, dict[str, str]], ...] = (
            ("GET", f"/{opened['id']}", {}),
            ("GET", f"/{opened['id']}?wait=25", {"If-None-Match": '"x"'}),
            ("GET", f"/{opened['id']}/events", {}),
            ("POST", f"/{opened['id']}/cancel", {}),
            ("POST", f"/{opened['id']}/resend", {}),
        )
        browser = at.web_app(opened["poll_token"])
        at.clock.advance(60 * MINUTE_MS - 1)
        for method, path, headers in ways:
            response = await browser.ask(method, path, headers=headers)
            assert response.status_code == (200 if method == "GET" else 409), path
        at.clock.advance(1)
        for method, path, headers in ways:
            response = await browser.ask(method, path, headers=headers)
            assert response.status_code == 404, path
        assert (await shop.show(opened["id"]))["status"] == end


async def test_a_token_that_dies_while_it_waits_sees_nothing_more(sqlite_url: str) -> None:
    async with world(sqlite_url) as at:
        loop_clock, shop = LoopClock(), at.web_app()
        opened = await shop.open()
        expect(await shop.ask("POST", f"/{opened['id']}/cancel"), 200)
        at.clock.advance(60 * MINUTE_MS - 5_000)
        known = await etag(at, opened["id"])
        headers = {"If-None-Match": known}
        held = Watcher(at.app, f"{opened['id']}?wait=25", opened["poll_token"], headers)
        await waiting(at, 1)
        at.clock.advance(25_000)
        loop_clock.advance(25)
        assert (await held.done()).status == 404


async def test_nobody_waits_for_what_they_may_not_see(database_url: str) -> None:
    async with world(database_url) as at:
        opened = await at.web_app().open()
        for path in (f"{opened['id']}?wait=25", f"{opened['id']}/events"):
            assert (await Watcher(at.app, path, OTHER_SHOP).done()).status == 404
            assert (await Watcher(at.app, path, "k" * 40).done()).status == 401
        for path in ("ver_1?wait=25", f"ver_{'0' * 47}?wait=25", f"ver_{'0' * 47}/events"):
            assert (await Watcher(at.app, path, SHOP).done()).status == 404


async def test_a_stop_wakes_everybody(database_url: str) -> None:
    async with world(database_url) as at:
        opened = await at.web_app().open()
        known = await etag(at, opened["id"])
        polls = [poll(at, opened["id"], known) for _ in range(5)]
        stream = Watcher(at.app, f"{opened['id']}/events", SHOP)
        await waiting(at, 6)
        at.service.live.close()
        for one in polls:
            assert (await one.done()).status == 304
        assert (await stream.done()).events[0].id == known
        assert at.service.live.waiting == 0
        assert (await poll(at, opened["id"], known).done()).status == 304  # nobody waits any more


async def test_a_head_is_a_poll_without_a_body(sqlite_url: str) -> None:
    async with world(sqlite_url) as at:
        opened = await at.web_app().open()
        answer = await Watcher(at.app, opened["id"], SHOP, method="HEAD").done()
        assert (answer.status, answer.body) == (200, b"")
        assert int(answer.answered["content-length"]) > 0
        assert answer.answered["etag"] == await etag(at, opened["id"])
