"""`?wait=` and time: how long a poll is held, and which moments end it."""

from tests.harness.clock import MINUTE_MS, LoopClock
from tests.harness.eventually import run_what_is_due, until
from tests.harness.phone import PHONE
from tests.harness.polls import etag, poll
from tests.harness.running_service import running_service
from tests.harness.web_app import expect


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
        loop_clock.advance(5)
        await run_what_is_due()
        assert service.live.waiting == 2
        loop_clock.advance(4.1)
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
        loop_clock.advance(15)
        await run_what_is_due()
        assert service.live.waiting == 50
        loop_clock.advance(7.5)
        await until(lambda: 5 <= service.live.waiting <= 45)
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
        expect(await shop.resend(sent["id"]), 200)
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
