"""Callbacks: which events are posted where, and in which form."""

import asyncio

from bot.policy import CALLBACKS_PER_CLIENT
from tests.harness.callback_receiver import callback_receiver
from tests.harness.callback_service import OTHER_KEY, callback_service, register, service_calling
from tests.harness.clock import HOUR_MS
from tests.harness.phone import PHONE, code_in, wrong_code
from tests.harness.settings import SHOP
from tests.harness.web_app import expect
from webhooks.clients.callbacks import CALL_TIMEOUT_S


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
        expect(await other.cancel(opened["id"]), 200)
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        response = await other.ask(
            "POST", json={"method": "text", "callback_url": "https://a.example/"}
        )
        (error,) = expect(response, 422)["errors"]
        assert error["member"] == "callback_url"
        assert service.count("callbacks") == 0


async def test_a_web_app_that_hangs_delays_no_code_and_no_request(sqlite_url: str) -> None:
    async with callback_service(sqlite_url) as service:
        service.receiver.answers.clear()
        for _ in range(40):  # more than are called at once
            await service.open_and_cancel()
        for _ in range(CALLBACKS_PER_CLIENT):
            await service.receiver.next()
        loop = asyncio.get_running_loop()
        started = loop.time()

        asked = await service.shop().create(method="sms", phone_number=PHONE)
        expect(await service.shop().check(asked["id"], await service.phone().code()), 200)

        assert loop.time() - started < CALL_TIMEOUT_S
        assert service.count("callbacks", "state = 'queued'") == 41
        assert len(service.receiver.received) < 2 * CALLBACKS_PER_CLIENT
        service.receiver.answers.set()
        await service.until_callbacks("state = 'delivered'", 41)
        ids = [got.id for got in service.receiver.received]
        assert len(set(ids)) == len(ids) == 41


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
            ended = expect(await app.cancel(opened["id"]), 200)
            assert (await other.next()).event["data"] == ended
            assert len(hanging.received) < 2 * CALLBACKS_PER_CLIENT
            hanging.answers.set()
            await service.until_callbacks("state = 'delivered'", 41)
