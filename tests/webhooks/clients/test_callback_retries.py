"""Callbacks that fail: when they are tried again, and when they are given up."""

import asyncio
import itertools

import pytest

from tests.harness.callback_receiver import callback_receiver
from tests.harness.callback_service import callback_service
from tests.harness.clock import HOUR_MS
from tests.harness.phone import PHONE
from tests.harness.web_app import expect


async def test_a_retry_has_the_same_id_and_body_and_a_new_signature(database_url: str) -> None:
    async with callback_service(database_url) as service:
        service.receiver.status = 500
        await service.open_and_cancel()
        first = await service.receiver.next()
        await service.until_callbacks("tries = 1 AND answer = '500'")
        service.receiver.status = 204
        await service.sweep_when_due()
        second = await service.receiver.next()

        assert (second.id, second.body) == (first.id, first.body)
        assert second.headers["webhook-timestamp"] > first.headers["webhook-timestamp"]
        for got in (first, second):
            assert got.headers["webhook-signature"] == service.receiver.signature(got)
            service.receiver.verify(got)
        await service.until_callbacks("state = 'delivered' AND tries = 2")


async def test_a_web_app_that_was_down_for_an_hour_gets_every_callback_once(
    database_url: str,
) -> None:
    async with callback_service(database_url) as service:
        await service.receiver.close()
        ended = [await service.open_and_cancel(reference=str(number)) for number in range(3)]
        await service.until_callbacks("tries = 1", 3)
        down_since = service.clock()
        while service.clock() < down_since + HOUR_MS / 2:
            await service.sweep_when_due()
            await service.until_callbacks("lease_owner IS NULL", 3)
        asked = await service.shop().create(method="sms", phone_number=PHONE)
        approved = expect(
            await service.shop().check(asked["id"], await service.phone().code()), 200
        )
        await service.until_callbacks("tries = 1 AND lease_owner IS NULL", 1)

        service.clock.now = down_since + HOUR_MS
        await service.receiver.open()
        for _ in range(8):
            if service.count("callbacks", "state = 'queued'"):
                await service.sweep_when_due()
            await service.until_callbacks("lease_owner IS NULL", 4)

        await service.until_callbacks("state = 'delivered'", 4)
        posted = {got.event["data"]["id"]: got.event["data"] for got in service.receiver.received}
        assert posted == {one["id"]: one for one in (*ended, approved)}
        assert len(service.receiver.received) == 4
        assert service.clock() < down_since + 4 * HOUR_MS


async def test_a_try_that_outlives_its_lease_is_not_repeated(sqlite_url: str) -> None:
    async with callback_service(sqlite_url) as service:
        service.receiver.answers.clear()
        await service.open_and_cancel()
        await service.receiver.next()
        for _ in range(3):
            service.clock.advance(25_000)
            await service.sweep_callbacks()
        service.receiver.answers.set()
        await service.until_callbacks("state = 'delivered'")
        assert len(service.receiver.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(sqlite_url: str, status: int) -> None:
    async with callback_service(sqlite_url) as service, callback_receiver() as elsewhere:
        service.receiver.status, service.receiver.headers = status, {"Location": elsewhere.url}
        await service.open_and_cancel()
        await service.until_callbacks(f"state = 'queued' AND tries = 1 AND answer = '{status}'")
        assert elsewhere.received == []


@pytest.mark.parametrize(
    ("status", "headers", "low", "high"),
    [
        (429, {"Retry-After": "3600"}, HOUR_MS, HOUR_MS),
        (503, {"Retry-After": "1"}, 5_000, 6_000),
        (503, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 24 * HOUR_MS, 24 * HOUR_MS),
        (503, {"Retry-After": "soon"}, 5_000, 6_000),
        (503, {"Retry-After": "-5"}, 5_000, 6_000),
        (500, {}, 5_000, 6_000),
        (404, {}, 5_000, 6_000),
    ],
)
async def test_a_refused_callback_is_retried_when_retry_after_says(
    sqlite_url: str, status: int, headers: dict[str, str], low: int, high: int
) -> None:
    async with callback_service(sqlite_url) as service:
        service.receiver.status, service.receiver.headers = status, headers
        await service.open_and_cancel()
        await service.until_callbacks(f"tries = 1 AND answer = '{status}'")
        ((not_before,),) = service.rows("SELECT not_before FROM callbacks")
        assert low <= not_before - service.clock() <= high


async def test_a_410_disables_that_url_and_no_other(database_url: str) -> None:
    async with callback_service(database_url) as service, callback_receiver() as elsewhere:
        service.receiver.status = 410
        await service.open_and_cancel()
        await service.until_callbacks("state = 'disabled'")
        await service.open_and_cancel()
        await service.open_and_cancel(callback_url=elsewhere.url)
        await elsewhere.next()
        await service.until_callbacks("state = 'delivered'")
        service.clock.advance(48 * HOUR_MS)
        await service.sweep_callbacks()
        await service.until_callbacks("state = 'disabled'", 2)
        assert len(service.receiver.received) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    ],
)
async def test_a_malformed_http_response_is_retried(sqlite_url: str, answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, callback_service(sqlite_url) as service:
        await service.open_and_cancel(callback_url=f"http://127.0.0.1:{port}/")
        await service.until_callbacks("state = 'queued' AND tries = 1")
        await service.open_and_cancel()
        await service.until_callbacks("state = 'delivered'")


async def test_an_endless_response_is_not_read(sqlite_url: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in itertools.count():
                writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
                await writer.drain()
        except ConnectionError:
            writer.close()
            closed.set()

    closed = asyncio.Event()
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, callback_service(sqlite_url) as service:
        await service.open_and_cancel(callback_url=f"http://127.0.0.1:{port}/")
        await service.until_callbacks("state = 'delivered' AND tries = 1")
        await asyncio.wait_for(closed.wait(), 5)
