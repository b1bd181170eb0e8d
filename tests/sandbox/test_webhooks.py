"""Webhooks that the sandbox posts: signed, retried, and ended when it stops."""

import asyncio
import logging
import time

import httpx
import pytest
from telnyx.types import DeliveryUpdateWebhookEvent, InboundMessageWebhookEvent

from tests.harness.eventually import run_what_is_due, until
from tests.harness.running_sandbox import (
    NUMBER,
    PHONE,
    WEBHOOK_URL,
    ClockInSeconds,
    Webhook,
    running_sandbox,
)
from webhooks.sandbox.delivery import Delivery
from webhooks.sandbox.events import Event

EVENT = Event({"id": "e", "event_type": "message.received"})


async def test_a_message_is_reported_as_sent_then_as_delivered() -> None:
    async with running_sandbox() as sandbox:
        message_id = (await sandbox.send(text="Your code")).json()["data"]["id"]
        sent, final = await sandbox.webhook(), await sandbox.webhook()
        assert (sent.type, final.type) == ("message.sent", "message.finalized")
        assert sent.payload["id"] == final.payload["id"] == message_id
        assert sent.payload["to"][0]["status"] == "sent"
        assert final.payload["to"][0]["status"] == "delivered"
        assert final.payload["errors"] == []
        assert final.payload["completed_at"] is not None
        assert sent.event["data"]["id"] != final.event["data"]["id"]
        assert sent.event["data"]["record_type"] == "event"
        assert sent.event["data"]["occurred_at"].endswith("Z")
        assert sent.event["meta"] == {"attempt": 1, "delivered_to": WEBHOOK_URL}
        assert sent.url == sent.payload["webhook_url"] == WEBHOOK_URL


@pytest.mark.parametrize(("to", "code"), [("+12025550001", "40001"), ("+12025550010", "40010")])
async def test_some_numbers_are_accepted_and_then_fail(to: str, code: str) -> None:
    async with running_sandbox() as sandbox:
        assert (await sandbox.send(to)).status_code == 200
        await sandbox.webhook()
        final = await sandbox.webhook()
        assert final.payload["to"][0]["status"] == "delivery_failed"
        assert [error["code"] for error in final.payload["errors"]] == [code]
        assert await sandbox.texts_to(to) == []


async def test_the_answer_comes_before_the_receipts() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.send()
        assert not sandbox.has_unread_webhooks
        await sandbox.webhook()


async def test_every_webhook_is_signed_over_its_exact_bytes() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.send()
        await sandbox.text("Bonjour, ça va?")
        for _ in range(3):
            webhook = await sandbox.webhook()
            webhook.verify(sandbox.sandbox.public_key)
            assert webhook.headers["telnyx-timestamp"] == str(int(sandbox.clock.now))


async def test_the_sdk_unwraps_a_text_and_a_receipt() -> None:
    async with running_sandbox() as sandbox:
        sandbox.clock.now = time.time()  # the SDK refuses what was signed long ago
        await sandbox.text("LOGIN")
        await sandbox.send()
        received, sent = await sandbox.webhook(), await sandbox.webhook()
        event = sandbox.sdk.webhooks.unwrap(received.body.decode(), headers=received.headers)
        assert isinstance(event, InboundMessageWebhookEvent)
        assert event.data is not None
        assert event.data.payload is not None
        assert event.data.payload.text == "LOGIN"
        event = sandbox.sdk.webhooks.unwrap(sent.body.decode(), headers=sent.headers)
        assert isinstance(event, DeliveryUpdateWebhookEvent)
        assert event.data is not None
        assert event.data.event_type == "message.sent"


async def test_a_refused_webhook_is_retried_counted_and_signed_anew() -> None:
    async with running_sandbox(503, 302) as sandbox:
        await sandbox.text("LOGIN")
        webhooks = [await sandbox.webhook() for _ in range(3)]
        assert [webhook.event["meta"]["attempt"] for webhook in webhooks] == [1, 2, 3]
        assert len({webhook.event["data"]["id"] for webhook in webhooks}) == 1
        assert len({webhook.headers["telnyx-signature-ed25519"] for webhook in webhooks}) == 3
        for webhook in webhooks:
            webhook.verify(sandbox.sandbox.public_key)


async def test_an_accepted_webhook_is_not_retried() -> None:
    async with running_sandbox(204) as sandbox:
        await sandbox.text("LOGIN")
        await sandbox.text("HELP")
        texts = [(await sandbox.webhook()).payload["text"] for _ in range(2)]
        assert texts == ["LOGIN", "HELP"]
        await run_what_is_due()
        assert not sandbox.has_unread_webhooks


OWN, SPARE = "http://127.0.0.1:9100/own", "https://app.example/spare"


async def test_receipts_go_to_the_messages_own_url() -> None:
    async with running_sandbox() as sandbox:
        answer = (await sandbox.send(webhook_url=OWN)).json()["data"]
        assert answer["webhook_url"] == OWN
        for _ in range(2):
            receipt = await sandbox.webhook()
            assert (receipt.url, receipt.event["meta"]["delivered_to"]) == (OWN, OWN)
        await sandbox.text("LOGIN")
        assert (await sandbox.webhook()).url == WEBHOOK_URL


async def test_a_receipt_is_tried_at_each_url_in_order_and_its_attempts_are_counted() -> None:
    async with running_sandbox(*[500] * 7) as sandbox:
        await sandbox.send(webhook_url=OWN, webhook_failover_url=SPARE)
        tried: dict[str, list[tuple[int, str]]] = {}
        for _ in range(9):
            receipt = await sandbox.webhook()
            meta = receipt.event["meta"]
            assert meta["delivered_to"] == receipt.url
            tried.setdefault(receipt.type, []).append((meta["attempt"], receipt.url))
        for attempts in tried.values():
            assert [number for number, _ in attempts] == list(range(1, len(attempts) + 1))
            expected = [OWN] * 3 + [SPARE] * 3 + [WEBHOOK_URL] * 3
            assert [url for _, url in attempts] == expected[: len(attempts)]


async def test_without_the_profiles_webhook_a_receipt_goes_to_the_messages_own_only() -> None:
    async with running_sandbox(*[500] * 6) as sandbox:
        await sandbox.send(webhook_url=OWN, use_profile_webhooks=False)
        assert [(await sandbox.webhook()).url for _ in range(6)] == [OWN] * 6
        await run_what_is_due()
        assert not sandbox.has_unread_webhooks


async def test_without_any_webhook_a_message_has_no_receipts() -> None:
    async with running_sandbox() as sandbox:
        answer = (await sandbox.send(use_profile_webhooks=False)).json()["data"]
        assert answer["webhook_url"] is None
        await run_what_is_due()
        assert not sandbox.has_unread_webhooks


async def test_a_webhook_to_an_unreachable_service_is_retried() -> None:
    async with running_sandbox(ConnectionRefusedError(), httpx.ConnectError("down")) as sandbox:
        await sandbox.text("LOGIN")
        webhooks = [await sandbox.webhook() for _ in range(3)]
        assert webhooks[-1].event["meta"]["attempt"] == 3


async def test_a_webhook_is_dropped_and_logged_after_three_attempts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running_sandbox(500, 500, 500) as sandbox:
        await sandbox.text("LOGIN")
        for _ in range(3):
            await sandbox.webhook()
        await until(lambda: "was not accepted and is lost" in caplog.text)
        await run_what_is_due()
        assert not sandbox.has_unread_webhooks
    assert PHONE not in caplog.text


async def test_an_exception_of_the_service_is_logged_and_the_webhook_retried(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running_sandbox(KeyError("a defect")) as sandbox:
        await sandbox.text("LOGIN")
        await sandbox.webhook()
        assert (await sandbox.webhook()).event["meta"]["attempt"] == 2
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], KeyError)


def ignore(**attempt: object) -> None:
    """Nobody keeps a log."""


async def never() -> int:
    """Wait for an answer that never comes."""
    answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    return await answer


async def test_a_webhook_without_an_answer_in_time_is_retried() -> None:
    attempts: asyncio.Queue[Webhook] = asyncio.Queue()

    async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        attempts.put_nowait(Webhook(url, body, headers))
        return await never()

    delivery = Delivery(
        post, retry_after=(0.0,), clock=ClockInSeconds(), on_attempt=ignore, timeout=0.01
    )
    delivery.start()
    delivery.send(EVENT, [WEBHOOK_URL])
    for expected in (1, 2):
        webhook = await asyncio.wait_for(attempts.get(), 5)
        assert webhook.event["meta"]["attempt"] == expected
    await delivery.stop()


async def test_stop_cancels_webhooks_under_way() -> None:
    tasks = asyncio.all_tasks()
    started = asyncio.Event()
    ended: list[str] = []

    async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        started.set()
        try:
            return await never()
        finally:
            ended.append("post")

    delivery = Delivery(post, retry_after=(), clock=ClockInSeconds(), on_attempt=ignore)
    delivery.start()
    delivery.send(EVENT, [WEBHOOK_URL])
    await started.wait()
    await delivery.stop()
    assert ended == ["post"]
    assert asyncio.all_tasks() == tasks


async def test_after_stop_messages_are_accepted_without_webhooks() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.sandbox.stop()
        assert (await sandbox.send()).status_code == 200
        assert (await sandbox.text("LOGIN")).status_code == 202
        await run_what_is_due()
        assert not sandbox.has_unread_webhooks


async def test_a_task_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        return 200

    async def broken() -> None:
        raise LookupError(NUMBER)

    delivery = Delivery(post, retry_after=(), clock=ClockInSeconds(), on_attempt=ignore)
    delivery.start()
    delivery.spawn(broken())
    await until(lambda: bool(caplog.records))
    await delivery.stop()
    (record,) = caplog.records
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)
