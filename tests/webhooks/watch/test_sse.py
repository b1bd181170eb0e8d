"""`/events`: server-sent events, one at once, one at each change, to the end."""

from typing import Any

from starlette.types import Message

from tests.harness.running_service import MINUTE_MS, PHONE, SHOP, World, expect, world
from tests.harness.watcher import LoopClock, Watcher, quiet, settled, waiting


def stream(at: World, opened: dict[str, Any], bearer: str = SHOP, last: str = "") -> Watcher:
    headers = {"Last-Event-ID": last} if last else {}
    return Watcher(at.app, f"{opened['id']}/events", bearer, headers)


class SlowReader(Watcher):
    """Takes so long for its first event that the verification has expired meanwhile."""

    def __init__(self, at: World, opened: dict[str, Any]) -> None:
        self.at = at
        super().__init__(at.app, f"{opened['id']}/events", SHOP)

    async def _send(self, message: Message) -> None:
        is_first = not self.body
        await super()._send(message)
        if is_first and self.body:
            self.at.clock.advance(16 * MINUTE_MS)
            await self.at.web_app().show(self.path.partition("/")[0])


async def test_an_event_at_once_and_at_each_change_to_the_end(database_url: str) -> None:
    async with world(database_url) as at:
        phone, shop = at.phone(), at.web_app()
        opened = await shop.open()
        watching = stream(at, opened)
        first = await watching.event()
        assert watching.status == 200
        assert watching.answered["content-type"].startswith("text/event-stream")
        assert watching.answered["cache-control"] == "no-store"
        assert watching.answered["x-request-id"]
        assert first.name == "verification"
        assert {**first.data, "poll_token": opened["poll_token"]} == opened

        await phone.text(opened["login"]["text"])
        code = await phone.code()
        await phone.text(code)
        await watching.done()
        assert {event.name for event in watching.events} == {"verification"}
        assert len({event.id for event in watching.events}) == len(watching.events)
        shown = await shop.ask("GET", f"/{opened['id']}")
        last = watching.events[-1]
        assert last.data["status"] == "approved"
        assert last.data["binding"] == "sms_reply_ref"
        assert "code" in {event.data["awaiting"] for event in watching.events}
        assert at.service.live.waiting == 0
        assert shown.json()["status"] == "approved"


async def test_ids_are_etags(database_url: str) -> None:
    async with world(database_url) as at:
        shop = at.web_app()
        opened = await shop.open()
        watching = stream(at, opened)
        await waiting(at, 1)
        shown = await shop.ask("GET", f"/{opened['id']}")
        assert (await watching.event()).id == shown.headers["etag"]
        ended = await shop.ask("POST", f"/{opened['id']}/cancel")
        last = await watching.event()
        assert last.id == ended.headers["etag"]
        assert last.data == expect(ended, 200)
        await watching.done()


async def test_a_reconnect_goes_on_behind_the_last_event(database_url: str) -> None:
    async with world(database_url) as at:
        shop = at.web_app()
        opened = await shop.open()
        watching = stream(at, opened)
        seen = await watching.event()
        watching.leave()
        await watching.done()

        again = stream(at, opened, last=seen.id)
        await waiting(at, 1)
        await settled()
        assert again.status == 200
        assert again.events == []  # it is known
        expect(await shop.ask("POST", f"/{opened['id']}/cancel"), 200)
        last = await again.event()
        assert last.data["status"] == "canceled"
        await again.done()

        over = await stream(at, opened, last=last.id).done()
        assert (over.status, over.body) == (204, b"")
        missed = await stream(at, opened, last=seen.id).done()
        assert [event.data["status"] for event in missed.events] == ["canceled"]
        anew = await stream(at, opened).done()
        assert [event.data["status"] for event in anew.events] == ["canceled"]


async def test_an_approval_taken_back_is_news_to_who_reconnects(database_url: str) -> None:
    async with world(database_url) as at:
        phone, shop = at.phone(), at.web_app()
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await quiet(at)
        approved = (await stream(at, opened).done()).events[-1]
        assert approved.data["status"] == "approved"
        await phone.text("NO")
        later = await stream(at, opened, last=approved.id).done()
        assert [event.data["reason"] for event in later.events] == ["repudiated"]


async def test_a_token_streams_a_masked_number(database_url: str) -> None:
    async with world(database_url) as at:
        phone = at.phone()
        opened = await at.web_app().open()
        browser, shop = stream(at, opened, opened["poll_token"]), stream(at, opened)
        await waiting(at, 2)
        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await browser.done()
        await shop.done()
        assert browser.events[-1].data["phone_number"] == "+1••••••0123"
        assert PHONE not in browser.body.decode()
        assert shop.events[-1].data["phone_number"] == PHONE
        assert browser.events[-1].id == shop.events[-1].id


async def test_what_time_changes_is_streamed_on_time_to_everybody(sqlite_url: str) -> None:
    async with world(sqlite_url) as at:
        loop_clock, phone = LoopClock(), at.phone()
        opened = await at.web_app().open(expires_in=310)
        await phone.text(opened["login"]["text"])
        await phone.code()
        await quiet(at)
        at.clock.advance(5 * MINUTE_MS - 5_000)
        watching = [stream(at, opened) for _ in range(3)]
        for one in watching:
            assert (await one.event()).data["awaiting"] == "code"
        await waiting(at, 3)
        for seconds, status, awaiting in ((5, "pending", "login"), (10, "expired", None)):
            at.clock.advance(seconds * 1000)
            loop_clock.advance(seconds + 0.1)
            await settled()
            for one in watching:
                latest = one.events[-1].data
                assert (latest["status"], latest["awaiting"]) == (status, awaiting)
        for one in watching:
            await one.done()


async def test_a_silent_stream_breathes(sqlite_url: str) -> None:
    """Every 15 seconds, so that no proxy takes it for dead."""
    async with world(sqlite_url) as at:
        loop_clock = LoopClock()
        opened = await at.web_app().open()
        watching = stream(at, opened)
        await waiting(at, 1)
        assert len(watching.blocks) == 1
        for comments in (1, 2):
            loop_clock.advance(10)  # and what the machine takes itself
            await settled()
            assert len(watching.blocks) == comments
            loop_clock.advance(5.1)
            await settled()
            assert watching.blocks[1:] == [":"] * comments
        assert len(watching.events) == 1
        watching.leave()
        await watching.done()


async def test_who_stops_listening_frees_the_place(database_url: str) -> None:
    async with world(database_url) as at:
        opened = await at.web_app().open()
        watching = [stream(at, opened) for _ in range(3)]
        await waiting(at, 3)
        for left, one in enumerate(watching):
            one.leave()
            await one.done()
            assert at.service.live.waiting == 2 - left


async def test_a_head_of_a_stream_ends(sqlite_url: str) -> None:
    async with world(sqlite_url) as at:
        opened = await at.web_app().open()
        answer = await Watcher(at.app, f"{opened['id']}/events", SHOP, method="HEAD").done()
        assert (answer.status, answer.body) == (200, b"")
        assert answer.answered["content-type"].startswith("text/event-stream")


async def test_a_reconnect_after_the_approval_was_redeemed_is_over_too(database_url: str) -> None:
    async with world(database_url) as at:
        phone, shop = at.phone(), at.web_app()
        opened = await shop.open()
        watching = stream(at, opened)
        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await watching.done()
        await quiet(at)
        expect(await shop.redeem(opened["id"]), 200)
        again = stream(at, opened, last=watching.events[-1].id)
        assert ((await again.done()).status, again.body) == (204, b"")


async def test_an_end_that_comes_while_an_event_is_written_is_told_too(sqlite_url: str) -> None:
    async with world(sqlite_url) as at:
        watching = SlowReader(at, await at.web_app().open())
        await watching.done()
        assert [event.data["status"] for event in watching.events] == ["pending", "expired"]
