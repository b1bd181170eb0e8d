"""Two processes on one PostgreSQL: one serves what the other commits, also while disconnected."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from tests.harness.asgi_request import AsgiRequest
from tests.harness.eventually import eventually, until
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import SHOP
from tests.harness.web_app import WebApp, expect


@asynccontextmanager
async def two_services(url: str) -> AsyncIterator[tuple[RunningService, RunningService]]:
    """Two services, each with LISTEN connected."""
    async with running_service(url) as one, running_service(url, clock=one.clock) as other:
        await listen_connected(one)
        await listen_connected(other)
        yield one, other


async def listen_connected(service: RunningService) -> None:
    await until(lambda: not service.live.disconnected)


async def cut_listen(url: str) -> int:
    """End the LISTEN connections of all services; the number ended."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        ended = await connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'textlogin listen'"
        )
        return len(await ended.fetchall())


async def status(app: WebApp, id: str) -> str:
    return str((await app.show(id))["status"])


async def cancel(service: RunningService, id: str) -> None:
    expect(await service.web_app().cancel(id), 200)


async def open_and_read(service: RunningService) -> dict[str, Any]:
    """A new verification, of which this service has a live copy."""
    opened = await service.web_app().open()
    await service.web_app().show(opened["id"])
    assert service.live.get(opened["id"]) is not None
    return opened


async def test_a_commit_in_one_process_wakes_waiters_in_the_other(postgresql_url: str) -> None:
    async with two_services(postgresql_url) as (one, other):
        phone = one.phone()
        opened = await open_and_read(other)
        polls = [AsgiRequest(other.app, f"{opened['id']}?wait=25", SHOP) for _ in range(3)]
        stream = AsgiRequest(other.app, f"{opened['id']}/events", opened["poll_token"])
        await other.until_waiting(4)
        await phone.text(opened["login"]["text"])
        for poll in polls:
            assert (await poll.done()).json["awaiting"] == "code"
        await phone.text(await phone.code())
        await stream.done()
        assert stream.events[-1].data["binding"] == "sms_reply_ref"


async def test_a_live_copy_in_one_process_follows_the_other(postgresql_url: str) -> None:
    async with two_services(postgresql_url) as (one, other):
        opened = await open_and_read(one)
        await cancel(other, opened["id"])

        async def is_canceled() -> bool:
            return await status(one.web_app(), opened["id"]) == "canceled"

        await eventually(is_canceled)
        assert one.live.get(opened["id"]) is not None


async def test_a_verification_opened_in_one_process_is_shown_by_the_other(
    postgresql_url: str,
) -> None:
    async with two_services(postgresql_url) as (one, other):
        opened = await one.web_app().open()
        assert await status(other.web_app(), opened["id"]) == "pending"
        browser = other.web_app(opened["poll_token"])
        assert await status(browser, opened["id"]) == "pending"


async def test_more_changes_than_one_notification_holds_all_arrive(postgresql_url: str) -> None:
    """A batch may change more than 8,000 bytes of ids."""
    async with two_services(postgresql_url) as (one, other):
        opened = await asyncio.gather(*(one.web_app().open() for _ in range(150)))
        held = [AsgiRequest(other.app, f"{found['id']}?wait=25", SHOP) for found in opened]
        await other.until_waiting(150)
        await asyncio.gather(*(cancel(one, found["id"]) for found in opened))
        for watcher in held:
            assert (await watcher.done()).json["status"] == "canceled"


async def test_nothing_stale_is_served_while_listen_is_disconnected(
    postgresql_url: str,
) -> None:
    async with two_services(postgresql_url) as (one, other):
        opened = await open_and_read(one)
        assert await cut_listen(postgresql_url) == 2
        await cancel(other, opened["id"])
        assert await status(one.web_app(), opened["id"]) == "canceled"

        await listen_connected(one)
        assert await status(one.web_app(), opened["id"]) == "canceled"


async def test_waiters_are_woken_although_listen_is_disconnected(
    postgresql_url: str,
) -> None:
    async with two_services(postgresql_url) as (one, other):
        opened = await open_and_read(one)
        poll = AsgiRequest(one.app, f"{opened['id']}?wait=25", SHOP)
        stream = AsgiRequest(one.app, f"{opened['id']}/events", SHOP)
        await one.until_waiting(2)
        await cut_listen(postgresql_url)
        await cancel(other, opened["id"])
        assert (await poll.done()).json["status"] == "canceled"
        await stream.done()
        assert [event.data["status"] for event in stream.events] == ["pending", "canceled"]


async def test_after_a_reconnect_changes_arrive_again(postgresql_url: str) -> None:
    async with two_services(postgresql_url) as (one, other):
        opened = await open_and_read(one)
        poll = AsgiRequest(one.app, f"{opened['id']}?wait=25", SHOP)
        for _ in range(2):
            await cut_listen(postgresql_url)
            await listen_connected(one)
            await listen_connected(other)
        await one.until_waiting(1)
        await cancel(other, opened["id"])
        assert (await poll.done()).json["status"] == "canceled"
        again = await open_and_read(one)
        await cancel(other, again["id"])

        async def is_canceled() -> bool:
            return await status(one.web_app(), again["id"]) == "canceled"

        await eventually(is_canceled)


@pytest.mark.parametrize("call", ["cancel", "check"])
async def test_a_client_reads_its_own_change_while_listen_is_disconnected(
    postgresql_url: str, call: str
) -> None:
    async with two_services(postgresql_url) as (one, _):
        opened = await open_and_read(one)
        phone = one.phone()
        await phone.text(opened["login"]["text"])
        code = await phone.code()
        await cut_listen(postgresql_url)
        body = {"json": {"code": code}} if call == "check" else {}
        changed = expect(await one.web_app().ask("POST", f"/{opened['id']}/{call}", **body), 200)
        assert await one.web_app().show(opened["id"]) == changed
