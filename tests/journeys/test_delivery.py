"""Delivery of texts: receipts, refusals, and a Telnyx that is slow or unreachable."""

import httpx
import pytest

from bot.commands import OutboxSwept
from bot.records import Message
from storage.database import Database
from storage.statements import Statements
from tests.harness.clock import MINUTE_MS
from tests.harness.eventually import eventually
from tests.harness.phone import PHONE, code_in
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import NUMBER
from tests.harness.telnyx_events import receipt_event, text_event
from tests.harness.web_app import expect

SHAKY, BROKEN, LIMITED = "+14155550006", "+14155550500", "+14155550429"
OPTED_OUT, LANDLINE = "+14155550300", "+14155550001"


async def delivery(service: RunningService, id: str) -> str | None:
    found = (await service.web_app().show(id))["delivery"]
    return None if found is None else str(found)


async def reads(service: RunningService, id: str, wanted: str) -> None:
    async def is_wanted() -> bool:
        return await delivery(service, id) == wanted

    await eventually(is_wanted)


async def tried(service: RunningService, times: int) -> None:
    """Wait until this many tries to send the only message have failed."""

    async def is_tried() -> bool:
        return service.rows("SELECT tries, lease_owner FROM messages") == [(times, None)]

    await eventually(is_tried)
    await service.writer.submit(OutboxSwept(room=0))  # answered once the sender knows it too


async def provider_id(service: RunningService) -> str:
    async def sent() -> str | None:
        ((found,),) = service.rows("SELECT provider_id FROM messages")
        return None if found is None else str(found)

    return await eventually(sent)


async def test_delivery_is_ranked_queued_sent_delivered(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        service.telnyx.answers.clear()
        sent = await service.web_app().create(method="sms", phone_number=PHONE)
        assert sent["delivery"] == "queued"
        service.telnyx.answers.set()
        await reads(service, sent["id"], "sent")
        id = await provider_id(service)
        for status, shown in (
            ("sending", "sent"),
            ("sent", "sent"),
            ("delivery_unconfirmed", "sent"),
            ("delivered", "delivered"),
            ("sent", "delivered"),  # ranked, not by arrival
            ("sending_failed", "delivered"),
            ("nonsense", "delivered"),
        ):
            assert (await service.post(receipt_event(id, status))).status_code == 200
            assert await delivery(service, sent["id"]) == shown


async def test_the_sandboxs_receipts_make_a_code_delivered(database_url: str) -> None:
    async with running_service(database_url) as service:
        sent = await service.web_app().create(method="sms", phone_number=PHONE)
        await reads(service, sent["id"], "delivered")
        await service.idle()
        assert service.count("events", "kind = 'receipt' AND unmatched IS NOT NULL") == 0


async def test_a_receipt_before_telnyxs_answer_is_not_lost(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        service.telnyx.answers.clear()
        sent = await service.web_app().create(method="sms", phone_number=PHONE)

        async def at_telnyx() -> str | None:
            got = await service.texts_to(PHONE)
            return str(got[0]["id"]) if got else None

        id = await eventually(at_telnyx)
        assert (await service.post(receipt_event(id, "delivered"))).status_code == 200
        assert await delivery(service, sent["id"]) == "queued"
        service.telnyx.answers.set()
        await reads(service, sent["id"], "delivered")
        assert service.count("events", "unmatched IS NOT NULL") == 0


async def test_only_receipts_of_the_current_code_count(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        for words in (opened["login"]["text"], "RESEND"):
            body = text_event(words)
            assert (await service.post(body)).status_code == 200
            await phone.reads()
            await service.idle()
            service.clock.advance(MINUTE_MS)
        first, second = (
            row[0] for row in service.rows("SELECT provider_id FROM messages ORDER BY id")
        )
        await service.post(receipt_event(first, "delivery_failed", "40001"))
        shown = await shop.show(opened["id"])
        assert (shown["status"], shown["delivery"]) == ("pending", "sent")
        await service.post(receipt_event(second, "delivery_failed", "40001"))
        shown = await shop.show(opened["id"])
        assert (shown["status"], shown["delivery"]) == ("failed", "failed")


async def test_a_phone_that_opted_out_fails_with_that_reason(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=OPTED_OUT)
        await reads(service, sent["id"], "failed")
        failed = await shop.show(sent["id"])
        assert (failed["status"], failed["reason"]) == ("failed", "opted_out")
        again = await shop.create(method="sms", phone_number=OPTED_OUT)
        assert (again["status"], again["reason"]) == ("failed", "opted_out")
        assert len(service.telnyx.idempotency_keys) == 1


async def test_a_landline_fails_when_its_receipt_arrives(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=LANDLINE)
        await reads(service, sent["id"], "failed")
        failed = await shop.show(sent["id"])
        assert (failed["status"], failed["reason"]) == ("failed", "undeliverable")


async def test_a_code_that_is_refused_twice_arrives_once(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(SHAKY), service.web_app()
        sent = await shop.create(method="sms", phone_number=SHAKY)
        await tried(service, 1)
        await service.sweep_after(700)
        await tried(service, 2)
        await service.sweep_after(1300)
        code = await phone.code()
        await reads(service, sent["id"], "delivered")
        assert await phone.unread() == []
        assert len(service.telnyx.idempotency_keys) == 3
        assert len(set(service.telnyx.idempotency_keys)) == 1
        assert expect(await shop.check(sent["id"], code), 200)["status"] == "approved"


@pytest.mark.parametrize("number", [BROKEN, LIMITED])
async def test_a_code_that_cannot_be_sent_in_time_expires(database_url: str, number: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=number)
        for tries in range(1, 5):
            await tried(service, tries)
            assert await delivery(service, sent["id"]) == "queued"
            await service.sweep_after(12_000)
        await tried(service, 5)
        await service.sweep_after(5 * MINUTE_MS)
        shown = await shop.show(sent["id"])
        assert (shown["status"], shown["awaiting"]) == ("pending", "login")
        assert shown["delivery"] == "failed"
        await service.sweep_after(10 * MINUTE_MS)
        assert (await shop.show(sent["id"]))["status"] == "expired"
        assert len(service.telnyx.idempotency_keys) == 5
        assert service.count("messages", "state = 'expired'") == 1


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("no route"), httpx.ReadTimeout("slow"), OSError("gone")]
)
async def test_a_login_while_telnyx_is_unreachable_gets_its_code_once(
    database_url: str, error: Exception
) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        service.telnyx.failure = error
        assert await phone.text("LOGIN") == 200
        await tried(service, 1)
        service.telnyx.failure = None
        await service.sweep_after(700)
        code = await phone.code()
        assert await phone.unread() == []
        await phone.text(code)
        assert "verified" in await phone.reads()


async def test_a_text_that_telnyx_does_not_confirm_arrives_once(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        phone = service.phone()
        service.telnyx.answers.clear()
        assert await phone.text("LOGIN") == 200
        assert service.count("messages", "tries = 0") == 1  # answered before Telnyx has
        code = await phone.code()
        await tried(service, 1)  # given up after five seconds, though the code is on the phone
        service.telnyx.answers.set()
        await service.sweep_after(700)
        await service.idle()
        assert service.telnyx.idempotency_keys == [service.telnyx.idempotency_keys[0]] * 2
        assert await phone.unread() == []
        await phone.text(code)
        assert "verified" in await phone.reads()


async def test_texts_to_one_phone_keep_their_order_after_a_failure(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        service.telnyx.failure = httpx.ConnectError("no route")
        for words in ("LOGIN", "STATUS", "what a day"):
            await phone.text(words)

        async def gave_up() -> bool:
            free = service.count("messages", "state = 'queued' AND lease_owner IS NULL")
            return free == service.count("messages") == 3

        await eventually(gave_up)
        service.telnyx.failure = None
        for _ in range(3):
            await service.sweep_after(1300)
            await phone.reads()
        first, second, third = [text["text"] for text in await service.texts_to(PHONE)]
        assert code_in(first)
        assert "A code is waiting" in second
        assert "Not you? Reply NO." in third


async def test_an_approval_stands_although_its_text_cannot_be_sent(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        code = await phone.code()
        service.telnyx.failure = httpx.ConnectError("no route")
        await phone.text(code)
        (login,) = await shop.find()
        assert login["status"] == "approved"
        expect(await shop.redeem(login["id"]), 200)


async def test_a_stop_withdraws_a_code_that_is_not_sent_yet(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        service.telnyx.failure = httpx.ConnectError("no route")
        await phone.text("LOGIN")
        await tried(service, 1)
        await phone.text("STOP")
        service.telnyx.failure = None
        await service.sweep_after(MINUTE_MS)
        assert await phone.unread() == []
        assert service.rows("SELECT state FROM messages") == [("withdrawn",)]


async def test_a_text_of_an_unknown_kind_does_not_block_its_phone(sqlite_url: str) -> None:
    """A process of a newer version may have queued it."""
    async with running_service(sqlite_url) as service:
        phone, now = service.phone(), service.clock()
        strange = Message(
            id="msg_" + "0" * 47,
            phone=phone.number,
            number=NUMBER,
            kind="new",
            locale="en",
            params="{}",
            created_at=now,
            send_before=now + 60_000,
        )
        database = Database(sqlite_url)
        with database.writing.begin() as connection:
            Statements(sqlite=True).messages.write([strange]).run(connection)
        database.dispose()
        await service.sweep_after(0)
        await service.until_row("messages", "kind = 'new' AND tries > 0")
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        assert "verified" in await phone.reads()
