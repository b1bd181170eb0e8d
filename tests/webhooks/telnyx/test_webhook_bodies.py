"""Bodies of webhooks: at most 64 KiB, within two seconds, in any number of chunks."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.harness.running_service import running_service
from tests.harness.telnyx_events import WEBHOOK_PATH, text_event
from webhooks.http.limits import ANSWER_TIMEOUT_S

BODY = text_event("LOGIN", event_id="evt-1", message_id="msg-1")


LIMIT = 64 * 1024


async def test_a_body_of_64_kib_is_accepted_and_one_byte_more_is_not(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        assert (await service.post(BODY.ljust(LIMIT + 1))).status_code == 413
        assert service.webhooks_recorded() == 0
        assert (await service.post(BODY.ljust(LIMIT))).status_code == 200
        assert service.webhooks_recorded() == 1


@pytest.mark.parametrize("length", ["65537", "9" * 30, "-1", "many", ""])
async def test_a_bad_content_length_is_refused_before_the_body_is_read(
    sqlite_url: str, length: str
) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    async with running_service(sqlite_url, own_webhooks=True) as service:
        headers = {"content-length": length}
        response = await service.http.post(WEBHOOK_PATH, content=never(), headers=headers)
        assert response.status_code == 413


async def test_a_body_that_stalls_is_answered_within_two_seconds(
    sqlite_url: str,
) -> None:
    async def halfway() -> AsyncIterator[bytes]:
        yield BODY[:100]
        await asyncio.Event().wait()

    async with running_service(
        sqlite_url, own_webhooks=True, answer_timeout_s=ANSWER_TIMEOUT_S
    ) as service:
        async with asyncio.timeout(2):
            response = await service.http.post(WEBHOOK_PATH, content=halfway())
        assert response.status_code == 503
        assert service.webhooks_recorded() == 0


async def test_an_endless_body_is_refused_at_the_limit(sqlite_url: str) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 4096
            yield b" " * 4096

    async with running_service(sqlite_url, own_webhooks=True) as service:
        assert (await service.http.post(WEBHOOK_PATH, content=endless())).status_code == 413
        assert read <= LIMIT + 3 * 4096


async def test_a_body_in_several_chunks_is_read_whole(sqlite_url: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(BODY), 7):
            yield BODY[start : start + 7]

    async with running_service(sqlite_url, own_webhooks=True) as service:
        headers = service.signer.headers(BODY)
        response = await service.http.post(WEBHOOK_PATH, content=pieces(), headers=headers)
        assert response.status_code == 200
        assert service.count("verifications") == 1


async def test_a_client_that_disconnects_in_mid_body_leaves_nothing(sqlite_url: str) -> None:
    async with running_service(sqlite_url, own_webhooks=True) as service:
        messages: list[dict[str, Any]] = [
            {"type": "http.request", "body": BODY, "more_body": True},
            {"type": "http.disconnect"},
        ]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(k.encode(), v.encode()) for k, v in service.signer.headers(BODY).items()]
        scope = {"type": "http", "method": "POST", "path": WEBHOOK_PATH, "headers": headers}
        await service.app(scope, receive, send)
        assert sent == []
        assert service.webhooks_recorded() == 0
