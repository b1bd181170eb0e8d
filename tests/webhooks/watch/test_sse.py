"""`/events`: server-sent events, one at once, one at each change, to the end."""

from typing import Any

from starlette.types import Message

from tests.harness.asgi_request import AsgiRequest
from tests.harness.clock import MINUTE_MS, LoopClock
from tests.harness.eventually import run_what_is_due, until
from tests.harness.phone import PHONE
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import SHOP
from tests.harness.web_app import expect

#: Seconds by which a busy machine may be late. Less than from one comment to the next.
ON_TIME_S = 12.0


def stream(
    service: RunningService, opened: dict[str, Any], bearer: str = SHOP, last: str = ""
) -> AsgiRequest:
    headers = {"Last-Event-ID": last} if last else {}
    return AsgiRequest(service.app, f"{opened['id']}/events", bearer, headers)


async def until_shown(watching: AsgiRequest, state: tuple[str, str | None]) -> None:
    """Until the latest event has this status and awaiting."""

    def is_shown() -> bool:
        latest = watching.events[-1].data
        return (latest["status"], latest["awaiting"]) == state

    await until(is_shown, ON_TIME_S)


async def until_blocks(watching: AsgiRequest, count: int) -> None:
    """Until so many events and comments have come."""
    await until(lambda: len(watching.blocks) == count, ON_TIME_S)


class SlowReader(AsgiRequest):
    """Takes so long to read its first event that the verification expires before the next."""

    def __init__(self, service: RunningService, opened: dict[str, Any]) -> None:
        self.service = service
        super().__init__(service.app, f"{opened['id']}/events", SHOP)

    async def _send(self, message: Message) -> None:
        is_first = not self.body
        await super()._send(message)
        if is_first and self.body:
            self.service.clock.advance(16 * MINUTE_MS)
            await self.service.web_app().show(self.path.partition("/")[0])


async def test_a_stream_has_an_event_at_once_and_at_each_change(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        watching = stream(service, opened)
        first = await watching.next_event()
        assert watching.status == 200
        assert watching.response_headers["content-type"].startswith("text/event-stream")
        assert watching.response_headers["cache-control"] == "no-store"
        assert watching.response_headers["x-request-id"]
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
        assert service.live.waiting == 0
        assert shown.json()["status"] == "approved"


async def test_event_ids_are_etags(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        opened = await shop.open()
        watching = stream(service, opened)
        await service.until_waiting(1)
        shown = await shop.ask("GET", f"/{opened['id']}")
        assert (await watching.next_event()).id == shown.headers["etag"]
        ended = await shop.cancel(opened["id"])
        last = await watching.next_event()
        assert last.id == ended.headers["etag"]
        assert last.data == expect(ended, 200)
        await watching.done()


async def test_a_reconnect_continues_after_the_last_event(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        opened = await shop.open()
        watching = stream(service, opened)
        seen = await watching.next_event()
        await watching.disconnect()

        again = stream(service, opened, last=seen.id)
        await service.until_waiting(1)
        await run_what_is_due()
        assert again.status == 200
        assert again.events == []  # it is known
        expect(await shop.cancel(opened["id"]), 200)
        last = await again.next_event()
        assert last.data["status"] == "canceled"
        await again.done()

        over = await stream(service, opened, last=last.id).done()
        assert (over.status, over.body) == (204, b"")
        missed = await stream(service, opened, last=seen.id).done()
        assert [event.data["status"] for event in missed.events] == ["canceled"]
        anew = await stream(service, opened).done()
        assert [event.data["status"] for event in anew.events] == ["canceled"]


async def test_a_reconnect_after_an_approval_reports_its_repudiation(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await service.idle()
        approved = (await stream(service, opened).done()).events[-1]
        assert approved.data["status"] == "approved"
        await phone.text("NO")
        later = await stream(service, opened, last=approved.id).done()
        assert [event.data["reason"] for event in later.events] == ["repudiated"]


async def test_a_poll_token_streams_a_masked_phone(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        opened = await service.web_app().open()
        browser, shop = stream(service, opened, opened["poll_token"]), stream(service, opened)
        await service.until_waiting(2)
        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await browser.done()
        await shop.done()
        assert browser.events[-1].data["phone_number"] == "+1••••••0123"
        assert PHONE not in browser.body.decode()
        assert shop.events[-1].data["phone_number"] == PHONE
        assert browser.events[-1].id == shop.events[-1].id


async def test_expiries_are_streamed_on_time_to_every_client(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        loop_clock, phone = LoopClock(), service.phone()
        opened = await service.web_app().open(expires_in=310)
        await phone.text(opened["login"]["text"])
        await phone.code()
        await service.idle()
        service.clock.advance(5 * MINUTE_MS - 5_000)
        watching = [stream(service, opened) for _ in range(3)]
        for one in watching:
            assert (await one.next_event()).data["awaiting"] == "code"
        await service.until_waiting(3)
        for seconds, status, awaiting in ((5, "pending", "login"), (10, "expired", None)):
            service.clock.advance(seconds * 1000)
            loop_clock.advance(seconds + 0.1)
            for one in watching:
                await until_shown(one, (status, awaiting))
        for one in watching:
            await one.done()


async def test_a_stream_without_events_sends_a_comment_every_15_seconds(sqlite_url: str) -> None:
    """Every 15 seconds, so that no proxy takes it for dead."""
    async with running_service(sqlite_url) as service:
        loop_clock = LoopClock()
        opened = await service.web_app().open()
        watching = stream(service, opened)
        await service.until_waiting(1)
        assert len(watching.blocks) == 1
        for comments in (1, 2):
            loop_clock.advance(10)
            await run_what_is_due()
            assert len(watching.blocks) == comments
            loop_clock.advance(5.1)
            await until_blocks(watching, 1 + comments)
            assert watching.blocks[1:] == [":"] * comments
        assert len(watching.events) == 1
        await watching.disconnect()


async def test_a_client_that_disconnects_frees_its_place(database_url: str) -> None:
    async with running_service(database_url) as service:
        opened = await service.web_app().open()
        watching = [stream(service, opened) for _ in range(3)]
        await service.until_waiting(3)
        for left, one in enumerate(watching):
            await one.disconnect()
            assert service.live.waiting == 2 - left


async def test_head_of_a_stream_ends_at_once(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        opened = await service.web_app().open()
        answer = await AsgiRequest(
            service.app, f"{opened['id']}/events", SHOP, method="HEAD"
        ).done()
        assert (answer.status, answer.body) == (200, b"")
        assert answer.response_headers["content-type"].startswith("text/event-stream")


async def test_a_reconnect_after_a_redeemed_approval_gets_204(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        watching = stream(service, opened)
        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await watching.done()
        await service.idle()
        expect(await shop.redeem(opened["id"]), 200)
        again = stream(service, opened, last=watching.events[-1].id)
        assert ((await again.done()).status, again.body) == (204, b"")


async def test_an_expiry_while_an_event_is_written_is_streamed_too(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        watching = SlowReader(service, await service.web_app().open())
        await watching.done()
        assert [event.data["status"] for event in watching.events] == ["pending", "expired"]
