"""Callbacks over HTTP: what a web app gets, when, and what its failures cost (nobody else)."""

import asyncio
import itertools
from typing import Any

import pytest
from pydantic import SecretStr

from bot.policy import CALLBACKS_PER_CLIENT
from tests.harness.called_service import (
    KEY,
    OTHER_KEY,
    SECRET_KEY,
    called,
    listening,
    register,
    serving,
)
from tests.harness.running_service import PHONE, SHOP, Clock, code_in, expect, wrong
from webhooks.clients.callbacks import sign

HOUR_MS = 3_600_000


async def test_an_approval_is_posted_as_standard_webhooks_say(database_url: str) -> None:
    async with called(database_url) as at:
        asked = await at.shop().create(method="sms", phone_number=PHONE, reference="cart-42")
        code = await at.phone().code()
        approved = expect(await at.shop().check(asked["id"], code), 200)

        got = await at.receiver.next()

        event = at.receiver.verify(got)
        assert event == {
            "type": "verification.approved",
            "timestamp": approved["completed_at"],
            "data": approved,
        }
        assert (event["data"]["phone_number"], event["data"]["binding"]) == (PHONE, "browser_code")
        assert got.headers["content-type"] == "application/json"
        assert got.headers["webhook-timestamp"] == str(at.clock() // 1000)
        assert got.headers["webhook-signature"].startswith("v1,")
        assert "." not in got.id
        assert "poll_token" not in event["data"]
        assert code not in got.body.decode()
        await at.settled("state = 'delivered' AND tries = 1 AND answer = '200'")


async def test_each_end_and_a_repudiation_are_posted(sqlite_url: str) -> None:
    async with called(sqlite_url, resend_cooldown=0) as at:
        shop, phone = at.shop(), at.phone()
        await at.ends()
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        await phone.text("NO")
        tried = await shop.create(method="sms", phone_number="+14155550130")
        code = await at.phone("+14155550130").code()
        for _ in range(5):
            await shop.check(tried["id"], wrong(code))
        await shop.create(method="sms", phone_number="+447400123456")
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        *_, text = await phone.unread()
        await phone.text(code_in(text))
        await phone.text("NO")
        await shop.open()
        at.clock.advance(HOUR_MS)
        await at.call()

        await at.settled("state = 'delivered'", 7)
        events = sorted(
            (got.event for got in at.receiver.requests), key=lambda event: event["timestamp"]
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


async def test_a_requests_own_url_is_called_instead_of_the_web_apps(sqlite_url: str) -> None:
    async with called(sqlite_url) as at, listening() as elsewhere:
        await at.ends(callback_url=f"{elsewhere.url}?for=cart-42")
        elsewhere.secret = at.receiver.secret
        elsewhere.verify(await elsewhere.next())
        await at.settled("state = 'delivered'")
        assert at.receiver.requests == []


async def test_web_apps_of_the_settings_and_stand_alone_logins_get_none(sqlite_url: str) -> None:
    async with called(sqlite_url) as at:
        other, phone = at.web_app(SHOP), at.phone()
        opened = await other.open()
        expect(await other.ask("POST", f"/{opened['id']}/cancel"), 200)
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        response = await other.ask(
            "POST", json={"method": "text", "callback_url": "https://a.example/"}
        )
        (error,) = expect(response, 422)["errors"]
        assert error["member"] == "callback_url"
        assert at.count("callbacks") == 0


async def test_another_try_has_the_same_id_and_body_and_a_new_signature(database_url: str) -> None:
    async with called(database_url) as at:
        at.receiver.status = 500
        await at.ends()
        first = await at.receiver.next()
        await at.settled("tries = 1 AND answer = '500'")
        at.receiver.status = 204
        await at.due()
        second = await at.receiver.next()

        assert (second.id, second.body) == (first.id, first.body)
        assert second.headers["webhook-timestamp"] > first.headers["webhook-timestamp"]
        for got in (first, second):
            assert got.headers["webhook-signature"] == at.receiver.signature(got)
            at.receiver.verify(got)
        await at.settled("state = 'delivered' AND tries = 2")


async def test_a_web_app_that_was_down_for_an_hour_misses_nothing(database_url: str) -> None:
    async with called(database_url) as at:
        await at.receiver.close()
        ended = [await at.ends(reference=str(number)) for number in range(3)]
        await at.settled("tries = 1", 3)
        down_since = at.clock()
        while at.clock() < down_since + HOUR_MS / 2:  # and meanwhile people log in
            await at.due()
            await at.settled("lease_owner IS NULL", 3)
        asked = await at.shop().create(method="sms", phone_number=PHONE)
        approved = expect(await at.shop().check(asked["id"], await at.phone().code()), 200)
        await at.settled("tries = 1 AND lease_owner IS NULL", 1)

        at.clock.now = down_since + HOUR_MS
        await at.receiver.open()
        for _ in range(8):
            await at.due() if at.count("callbacks", "state = 'queued'") else None
            await at.settled("lease_owner IS NULL", 4)

        await at.settled("state = 'delivered'", 4)
        told = {got.event["data"]["id"]: got.event["data"] for got in at.receiver.requests}
        assert told == {one["id"]: one for one in (*ended, approved)}
        assert len(at.receiver.requests) == 4
        assert at.clock() < down_since + 4 * HOUR_MS


async def test_a_web_app_that_hangs_delays_no_code_and_no_request(sqlite_url: str) -> None:
    async with called(sqlite_url) as at:
        at.receiver.answers.clear()
        for _ in range(40):  # more than are called at once
            await at.ends()
        for _ in range(CALLBACKS_PER_CLIENT):
            await at.receiver.next()
        loop = asyncio.get_running_loop()
        started = loop.time()

        asked = await at.shop().create(method="sms", phone_number=PHONE)
        expect(await at.shop().check(asked["id"], await at.phone().code()), 200)

        assert loop.time() - started < 2
        assert at.count("callbacks", "state = 'queued'") == 41
        assert len(at.receiver.requests) < 2 * CALLBACKS_PER_CLIENT
        at.receiver.answers.set()
        await at.settled("state = 'delivered'", 41)
        assert len({got.id for got in at.receiver.requests}) == len(at.receiver.requests) == 41


async def test_a_web_app_that_hangs_delays_no_other_ones_callbacks(database_url: str) -> None:
    async with listening() as hanging, listening() as other:
        register(database_url, hanging)
        register(database_url, other, name="other", key=OTHER_KEY)
        hanging.answers.clear()
        async with serving(database_url, hanging) as at:
            for _ in range(40):
                await at.ends()
            app = at.web_app(OTHER_KEY)
            opened = await app.open()
            ended = expect(await app.ask("POST", f"/{opened['id']}/cancel"), 200)
            assert (await other.next()).event["data"] == ended
            assert len(hanging.requests) < 2 * CALLBACKS_PER_CLIENT
            hanging.answers.set()
            await at.settled("state = 'delivered'", 41)


async def test_a_try_that_outlives_its_lease_is_not_doubled(sqlite_url: str) -> None:
    async with called(sqlite_url) as at:
        at.receiver.answers.clear()
        await at.ends()
        await at.receiver.next()
        for _ in range(3):
            at.clock.advance(25_000)
            await at.call()
        at.receiver.answers.set()
        await at.settled("state = 'delivered'")
        assert len(at.receiver.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(sqlite_url: str, status: int) -> None:
    async with called(sqlite_url) as at, listening() as elsewhere:
        at.receiver.status, at.receiver.headers = status, {"Location": elsewhere.url}
        await at.ends()
        await at.settled(f"state = 'queued' AND tries = 1 AND answer = '{status}'")
        assert elsewhere.requests == []


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
async def test_a_refusal_is_tried_again_when_the_web_app_says(
    sqlite_url: str, status: int, headers: dict[str, str], low: int, high: int
) -> None:
    async with called(sqlite_url) as at:
        at.receiver.status, at.receiver.headers = status, headers
        await at.ends()
        await at.settled(f"tries = 1 AND answer = '{status}'")
        ((not_before,),) = at.rows("SELECT not_before FROM callbacks")
        assert low <= not_before - at.clock() <= high


async def test_gone_disables_the_url_and_no_other(database_url: str) -> None:
    async with called(database_url) as at, listening() as elsewhere:
        at.receiver.status = 410
        await at.ends()
        await at.settled("state = 'disabled'")
        await at.ends()
        await at.ends(callback_url=elsewhere.url)
        await elsewhere.next()
        await at.settled("state = 'delivered'")
        at.clock.advance(48 * HOUR_MS)
        await at.call()
        await at.settled("state = 'disabled'", 2)
        assert len(at.receiver.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    ],
)
async def test_what_is_no_answer_is_tried_again(sqlite_url: str, answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, called(sqlite_url) as at:
        await at.ends(callback_url=f"http://127.0.0.1:{port}/")
        await at.settled("state = 'queued' AND tries = 1")
        await at.ends()
        await at.settled("state = 'delivered'")


async def test_an_endless_answer_is_not_read(sqlite_url: str) -> None:
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
    async with server, called(sqlite_url) as at:
        await at.ends(callback_url=f"http://127.0.0.1:{port}/")
        await at.settled("state = 'delivered' AND tries = 1")
        await asyncio.wait_for(closed.wait(), 5)


async def test_callbacks_survive_a_restart(database_url: str) -> None:
    clock = Clock()
    async with listening() as receiver:
        register(database_url, receiver)
        port = receiver.port
        await receiver.close()
        async with serving(database_url, receiver, clock=clock) as at:
            ended = await at.ends()
            await at.settled("tries = 1")
        clock.advance(10_000)
        receiver.port = port
        await receiver.open()
        async with serving(database_url, receiver, clock=clock) as at:
            await at.settled("tries > 1")
            if not receiver.requests:  # it was due before the web apps were read
                await at.due()
            got = await receiver.next()
            assert got.event["data"] == ended
            assert got.headers["webhook-signature"] == receiver.signature(got)
            await at.settled("state = 'delivered'")
    assert len(receiver.requests) == 1


async def test_a_stop_waits_for_the_call_under_way(sqlite_url: str) -> None:
    async with listening() as receiver:
        register(sqlite_url, receiver)
        receiver.answers.clear()
        async with serving(sqlite_url, receiver) as at:
            await at.ends()
            await receiver.next()
            asyncio.get_running_loop().call_later(0.1, receiver.answers.set)
        async with serving(sqlite_url, receiver) as at:
            assert at.count("callbacks", "state = 'delivered'") == 1
    assert len(receiver.requests) == 1


async def test_two_processes_call_once_each(postgresql_url: str) -> None:
    clock = Clock()
    async with listening() as receiver:
        register(postgresql_url, receiver)
        async with (
            serving(postgresql_url, receiver, clock=clock) as one,
            serving(postgresql_url, receiver, clock=clock) as another,
        ):
            for at in (one, another) * 10:
                await at.ends()
            sweeps = [at.call() for at in (one, another) * 10]
            await asyncio.gather(*sweeps)
            await one.settled("state = 'delivered' AND tries = 1", 20)
    assert len({got.id for got in receiver.requests}) == len(receiver.requests) == 20


async def test_another_process_sends_what_a_dead_one_has_leased(postgresql_url: str) -> None:
    clock = Clock()
    async with listening() as receiver:
        register(postgresql_url, receiver)
        receiver.answers.clear()
        async with serving(postgresql_url, receiver, clock=clock) as one:
            await one.ends()
            first = await receiver.next()  # and it never reports
            async with serving(postgresql_url, receiver, clock=clock) as another:
                await another.call()
                assert receiver.unread == 0
                clock.advance(20_000)
                await another.call()
                second = await receiver.next()
                receiver.answers.set()
                await another.settled("state = 'delivered'")
    assert (first.id, first.body) == (second.id, second.body)


async def test_a_web_app_that_this_process_does_not_know_yet_is_no_reason_to_give_up(
    postgresql_url: str,
) -> None:
    """Another process has read its registration before this one."""
    clock = Clock()
    async with listening() as receiver:
        register(postgresql_url, receiver)
        receiver.status = 500
        async with serving(postgresql_url, receiver, clock=clock) as at:
            await at.ends()
            await at.settled("tries = 1")
            registered = await at.service.reader.clients()
            at.service.clients.update([])
            await at.due()
            await at.settled("state = 'queued' AND tries = 2")
            at.service.clients.update(registered)
            receiver.status = 200
            await at.due()
            await at.settled("state = 'delivered'")
            assert at.count("endpoints") == 0


@pytest.mark.parametrize("keys", [("new " * 10, SECRET_KEY), (SECRET_KEY, "old " * 10)])
async def test_secrets_are_stored_encrypted_and_outlive_a_rotation(
    sqlite_url: str, keys: tuple[str, str]
) -> None:
    async with listening() as receiver:
        register(sqlite_url, receiver)
        secrets: dict[str, Any] = {"secret_key": tuple(SecretStr(key) for key in keys)}
        async with serving(sqlite_url, receiver, **secrets) as at:
            await at.ends()
            receiver.verify(await receiver.next())
            ((stored, key),) = at.rows("SELECT callback_secret, key FROM clients")
            assert receiver.secret not in stored
            assert KEY not in key


async def test_a_secret_of_a_key_that_is_gone_signs_nothing_until_it_is_back(
    sqlite_url: str,
) -> None:
    clock = Clock()
    async with listening() as receiver:
        register(sqlite_url, receiver)
        gone: dict[str, Any] = {"secret_key": (SecretStr("new " * 10),)}
        async with serving(sqlite_url, receiver, clock=clock, **gone) as at:
            await at.ends()
            await at.settled("state = 'queued' AND tries = 1")
            assert receiver.requests == []
        clock.advance(6_000)
        async with serving(sqlite_url, receiver, clock=clock) as at:
            got = await receiver.next()
            assert got.headers["webhook-signature"] == receiver.signature(got)


def test_the_standards_own_example_signs_the_same() -> None:
    """The vector of the Standard Webhooks specification's libraries."""
    headers = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
