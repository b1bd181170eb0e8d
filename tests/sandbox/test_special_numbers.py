"""What a web app sees of a code that is sent to one of the sandbox's special numbers."""

import re
from typing import Any

import pytest

from tests.docs.markdown import DOCS, code, read, sections, tables
from tests.harness.clock import MINUTE_MS
from tests.harness.eventually import eventually
from tests.harness.running_service import RunningService, running_service

#: The sweep finds every message that waits for another try.
_LATER_MS = 10_000

ENDINGS = {
    "0300": {"status": "failed", "reason": "opted_out", "delivery": "failed"},
    "0001": {"status": "failed", "reason": "undeliverable", "delivery": "failed"},
    "0010": {"status": "pending", "delivery": "failed", "reason": "sender_misconfigured"},
    "0006": {"status": "pending", "delivery": "delivered"},
}


async def ask(service: RunningService, suffix: str) -> str:
    shop = service.web_app()
    asked = await shop.create(method="sms", phone_number=f"+1202555{suffix}")
    return str(asked["id"])


async def shown(service: RunningService, id: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Wait until the verification reads as wanted; retries are swept as time passes."""

    async def probe() -> dict[str, Any] | None:
        read = await service.web_app().show(id)
        if wanted.items() <= read.items():
            return read
        if service.count("messages", "state = 'queued' AND lease_owner IS NULL"):
            await service.sweep_after(_LATER_MS)
        return None

    return await eventually(probe)


@pytest.mark.parametrize("suffix", ENDINGS)
async def test_a_special_number_has_its_fate(sqlite_url: str, suffix: str) -> None:
    async with running_service(sqlite_url) as service:
        id = await ask(service, suffix)
        await shown(service, id, ENDINGS[suffix])
        texts = await service.texts_to(f"+1202555{suffix}")
        assert len(texts) == (1 if suffix == "0006" else 0)


@pytest.mark.parametrize("suffix", ["0500", "0429"])
async def test_a_number_that_always_fails_is_tried_until_its_code_expires(
    sqlite_url: str, suffix: str
) -> None:
    async with running_service(sqlite_url) as service:
        id = await ask(service, suffix)
        await shown(service, id, {"status": "pending", "delivery": "queued"})
        for _ in range(3):
            await eventually(lambda: waits_for_another_try(service))
            await service.sweep_after(_LATER_MS)
        await eventually(lambda: waits_for_another_try(service))
        await service.sweep_after(6 * MINUTE_MS)
        await shown(service, id, {"status": "pending", "delivery": "failed"})
        assert len(service.telnyx.idempotency_keys) == 4
        assert await service.texts_to(f"+1202555{suffix}") == []


async def waits_for_another_try(service: RunningService) -> bool:
    return service.count("messages", "state = 'queued' AND lease_owner IS NULL") == 1


def test_every_special_number_is_described() -> None:
    (page,) = [
        text for name, text in sections(read(DOCS / "contract.md")).items() if name[0] == "5"
    ]
    listed = {code(row[0])[0] for row in tables(page)["suffix"]}
    assert listed == {*ENDINGS, "0500", "0429"}
    assert all(re.fullmatch("[0-9]{4}", suffix) for suffix in listed)
