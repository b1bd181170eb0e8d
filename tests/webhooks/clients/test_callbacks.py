"""Callbacks over HTTP: what a web app gets, when, and what its failures cost (nobody else)."""

import asyncio
import itertools
from typing import Any

import pytest
from pydantic import SecretStr

from bot.policy import CALLBACKS_EACH
from tests.harness.callback_receiver import callback_receiver
from tests.harness.callback_service import (
    KEY,
    OTHER_KEY,
    callback_service,
    register,
    service_calling,
)
from tests.harness.clock import Clock
from tests.harness.phone import PHONE, code_in, wrong_code
from tests.harness.settings import SECRET_KEY, SHOP
from tests.harness.web_app import expect
from webhooks.clients.callbacks import sign

HOUR_MS = 3_600_000


async def test_an_approval_is_posted_as_standard_webhooks_specify(database_url: str) -> None:
    async with callback_service(database_url) as service:
        asked = await service.shop().create(method="sms", phone_number=PHONE, reference="cart-42")
        code = await service.phone().code()
        approved = expect(await service.shop().check(asked["id"], code), 200)

        got = await service.receiver.next()

        event = service.receiver.verify(got)
        assert event == {
            "type": "verification.approved",
            "timestamp": approved["completed_at"],
            "data": approved,
        }
        assert (event["data"]["phone_number"], event["data"]["binding"]) == (PHONE, "browser_code")
        assert got.headers["content-type"] == "application/json"
        assert got.headers["webhook-timestamp"] == str(service.clock() // 1000)
        assert got.headers["webhook-signature"].startswith("v1,")
        assert "." not in got.id
        assert "poll_token" not in event["data"]
        assert code not in got.body.decode()
        await service.until_callbacks("state = 'delivered' AND tries = 1 AND answer = '200'")


async def test_every_final_status_and_a_repudiation_are_posted(sqlite_url: str) -> None:
    async with callback_service(sqlite_url, resend_cooldown=0) as service:
        shop, phone = service.shop(), service.phone()
        await service.open_and_cancel()
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        await phone.text("NO")
        tried = await shop.create(method="sms", phone_number="+14155550130")
        code = await service.phone("+14155550130").code()
        for _ in range(5):
            await shop.check(tried["id"], wrong_code(code))
        await shop.create(method="sms", phone_number="+447400123456")
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        *_, text = await phone.unread()
        await phone.text(code_in(text))
        await phone.text("NO")
        await shop.open()
        service.clock.advance(HOUR_MS)
        await service.sweep_callbacks()

        await service.until_callbacks("state = 'delivered'", 7)
        events = sorted(
            (got.event for got in service.receiver.received), key=lambda event: event["timestamp"]
        )
        assert sorted(event["type"].partition(".")[2] for event in events) == [
            "approved", "canceled", "denied", "expired", "failed", "max_attempts_reached",
            "repudiated",
        ]  # fmt: skip
        for event in events:
            shown = await shop.show(event["data"]["id"])
            assert event["data"]["id"] == shown["id"]
            ends = {event["type"].partition(".")[2], shown["status"]}
            assert event["data"]["status"] in ends


async def test_a_verifications_own_url_replaces_the_web_apps(sqlite_url: str) -> None:
    async with callback_service(sqlite_url) as service, callback_receiver() as elsewhere:
        await service.open_and_cancel(callback_url=f"{elsewhere.url}?for=cart-42")
        elsewhere.secret = service.receiver.secret
        elsewhere.verify(await elsewhere.next())
        await service.until_callbacks("state = 'delivered'")
        assert service.receiver.received == []


async def test_no_callback_for_web_apps_in_api_keys_and_stand_alone_logins(sqlite_url: str) -> None:
    async with callback_service(sqlite_url) as service:
        other, phone = service.web_app(SHOP), service.phone()
        opened = await other.open()
        expect(await other.ask("POST", f"/{opened['id']}/cancel"), 200)
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        response = await other.ask(
            "POST", json={"method": "text", "callback_url": "https://a.example/"}
        )
        (error,) = expect(response, 422)["errors"]
        assert error["member"] == "callback_url"
        assert service.count("callbacks") == 0


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
        while service.clock() < down_since + HOUR_MS / 2:  # and meanwhile people log in
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
            await service.sweep_when_due() if service.count(
                "callbacks", "state = 'queued'"
            ) else None
            await service.until_callbacks("lease_owner IS NULL", 4)

        await service.until_callbacks("state = 'delivered'", 4)
        told = {got.event["data"]["id"]: got.event["data"] for got in service.receiver.received}
        assert told == {one["id"]: one for one in (*ended, approved)}
        assert len(service.receiver.received) == 4
        assert service.clock() < down_since + 4 * HOUR_MS


async def test_a_web_app_that_hangs_delays_no_code_and_no_request(sqlite_url: str) -> None:
    async with callback_service(sqlite_url) as service:
        service.receiver.answers.clear()
        for _ in range(40):  # more than are called at once
            await service.open_and_cancel()
        for _ in range(CALLBACKS_EACH):
            await service.receiver.next()
        loop = asyncio.get_running_loop()
        started = loop.time()

        asked = await service.shop().create(method="sms", phone_number=PHONE)
        expect(await service.shop().check(asked["id"], await service.phone().code()), 200)

        assert loop.time() - started < 2
        assert service.count("callbacks", "state = 'queued'") == 41
        assert len(service.receiver.received) < 2 * CALLBACKS_EACH
        service.receiver.answers.set()
        await service.until_callbacks("state = 'delivered'", 41)
        assert (
            len({got.id for got in service.receiver.received})
            == len(service.receiver.received)
            == 41
        )


async def test_a_web_app_that_hangs_delays_no_other_web_apps_callbacks(database_url: str) -> None:
    async with callback_receiver() as hanging, callback_receiver() as other:
        register(database_url, hanging)
        register(database_url, other, name="other", key=OTHER_KEY)
        hanging.answers.clear()
        async with service_calling(database_url, hanging) as service:
            for _ in range(40):
                await service.open_and_cancel()
            app = service.web_app(OTHER_KEY)
            opened = await app.open()
            ended = expect(await app.ask("POST", f"/{opened['id']}/cancel"), 200)
            assert (await other.next()).event["data"] == ended
            assert len(hanging.received) < 2 * CALLBACKS_EACH
            hanging.answers.set()
            await service.until_callbacks("state = 'delivered'", 41)


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


async def test_callbacks_survive_a_restart(database_url: str) -> None:
    clock = Clock()
    async with callback_receiver() as receiver:
        register(database_url, receiver)
        port = receiver.port
        await receiver.close()
        async with service_calling(database_url, receiver, clock=clock) as service:
            ended = await service.open_and_cancel()
            await service.until_callbacks("tries = 1")
        clock.advance(10_000)
        receiver.port = port
        await receiver.open()
        async with service_calling(database_url, receiver, clock=clock) as service:
            await service.until_callbacks("tries > 1")
            if not receiver.received:  # it was due before the web apps were read
                await service.sweep_when_due()
            got = await receiver.next()
            assert got.event["data"] == ended
            assert got.headers["webhook-signature"] == receiver.signature(got)
            await service.until_callbacks("state = 'delivered'")
    assert len(receiver.received) == 1


async def test_a_stop_waits_for_the_callback_under_way(sqlite_url: str) -> None:
    async with callback_receiver() as receiver:
        register(sqlite_url, receiver)
        receiver.answers.clear()
        async with service_calling(sqlite_url, receiver) as service:
            await service.open_and_cancel()
            await receiver.next()
            asyncio.get_running_loop().call_later(0.1, receiver.answers.set)
        async with service_calling(sqlite_url, receiver) as service:
            assert service.count("callbacks", "state = 'delivered'") == 1
    assert len(receiver.received) == 1


async def test_two_processes_send_each_callback_once(postgresql_url: str) -> None:
    clock = Clock()
    async with callback_receiver() as receiver:
        register(postgresql_url, receiver)
        async with (
            service_calling(postgresql_url, receiver, clock=clock) as one,
            service_calling(postgresql_url, receiver, clock=clock) as another,
        ):
            for service in (one, another) * 10:
                await service.open_and_cancel()
            sweeps = [service.sweep_callbacks() for service in (one, another) * 10]
            await asyncio.gather(*sweeps)
            await one.until_callbacks("state = 'delivered' AND tries = 1", 20)
    assert len({got.id for got in receiver.received}) == len(receiver.received) == 20


async def test_another_process_sends_what_a_dead_one_had_leased(postgresql_url: str) -> None:
    clock = Clock()
    async with callback_receiver() as receiver:
        register(postgresql_url, receiver)
        receiver.answers.clear()
        async with service_calling(postgresql_url, receiver, clock=clock) as one:
            await one.open_and_cancel()
            first = await receiver.next()  # and it never reports
            async with service_calling(postgresql_url, receiver, clock=clock) as another:
                await another.sweep_callbacks()
                assert receiver.unread == 0
                clock.advance(20_000)
                await another.sweep_callbacks()
                second = await receiver.next()
                receiver.answers.set()
                await another.until_callbacks("state = 'delivered'")
    assert (first.id, first.body) == (second.id, second.body)


async def test_a_callback_of_a_web_app_not_yet_loaded_is_retried(
    postgresql_url: str,
) -> None:
    """Another process has read its registration before this one."""
    clock = Clock()
    async with callback_receiver() as receiver:
        register(postgresql_url, receiver)
        receiver.status = 500
        async with service_calling(postgresql_url, receiver, clock=clock) as service:
            await service.open_and_cancel()
            await service.until_callbacks("tries = 1")
            registered = await service.reader.clients()
            service.clients.update([])
            await service.sweep_when_due()
            await service.until_callbacks("state = 'queued' AND tries = 2")
            service.clients.update(registered)
            receiver.status = 200
            await service.sweep_when_due()
            await service.until_callbacks("state = 'delivered'")
            assert service.count("endpoints") == 0


@pytest.mark.parametrize("keys", [("new " * 10, SECRET_KEY), (SECRET_KEY, "old " * 10)])
async def test_secrets_are_stored_encrypted_and_survive_a_key_rotation(
    sqlite_url: str, keys: tuple[str, str]
) -> None:
    async with callback_receiver() as receiver:
        register(sqlite_url, receiver)
        secrets: dict[str, Any] = {"secret_key": tuple(SecretStr(key) for key in keys)}
        async with service_calling(sqlite_url, receiver, **secrets) as service:
            await service.open_and_cancel()
            receiver.verify(await receiver.next())
            ((stored, key),) = service.rows("SELECT callback_secret, key FROM clients")
            assert receiver.secret not in stored
            assert KEY not in key


async def test_a_secret_whose_key_is_missing_signs_nothing_until_the_key_is_back(
    sqlite_url: str,
) -> None:
    clock = Clock()
    async with callback_receiver() as receiver:
        register(sqlite_url, receiver)
        gone: dict[str, Any] = {"secret_key": (SecretStr("new " * 10),)}
        async with service_calling(sqlite_url, receiver, clock=clock, **gone) as service:
            await service.open_and_cancel()
            await service.until_callbacks("state = 'queued' AND tries = 1")
            assert receiver.received == []
        clock.advance(6_000)
        async with service_calling(sqlite_url, receiver, clock=clock) as service:
            got = await receiver.next()
            assert got.headers["webhook-signature"] == receiver.signature(got)


def test_the_standards_example_gets_the_same_signature() -> None:
    """The vector of the Standard Webhooks specification's libraries."""
    headers = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
