"""How trouble with our own account and number shows: in `/readyz`, and in a verification."""

import httpx
import pytest

from bot.commands import OutboxSwept
from tests.harness.eventually import eventually
from tests.harness.running_service import RunningService, running_service
from tests.harness.web_app import expect

UNREGISTERED = "+14155550010"


async def warnings(service: RunningService) -> dict[str, str] | None:
    """Those of `/readyz`, which is 200 all the same; None if it has none."""

    async def is_ready() -> bool:
        return (await service.http.get("/readyz")).status_code == 200

    await eventually(is_ready)
    ready = expect(await service.http.get("/readyz"), 200)
    assert set(ready["checks"].values()) == {"ok"}
    return dict(ready["warnings"]) if "warnings" in ready else None


async def test_readyz_warns_of_the_last_sends_trouble_until_a_send_goes_well(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        assert await warnings(service) is None
        service.telnyx.failure = httpx.ConnectError("no route")
        assert await phone.text("LOGIN") == 200

        async def has_failed() -> bool:
            return service.rows("SELECT tries, lease_owner FROM messages") == [(1, None)]

        await eventually(has_failed)
        await service.writer.submit(OutboxSwept(room=0))  # answered once the sender knows it too
        assert await warnings(service) == {"telnyx": "the last send failed: unreachable"}

        service.telnyx.failure = None
        await service.sweep_after(700)
        await phone.code()
        await service.idle()
        assert await warnings(service) is None


@pytest.mark.parametrize("method", ["sms", "text"])
async def test_a_code_that_carriers_refuse_blames_the_sender_while_it_is_pending(
    sqlite_url: str, method: str
) -> None:
    async with running_service(sqlite_url) as service:
        shop, phone = service.web_app(), service.phone(UNREGISTERED)
        number = {"phone_number": UNREGISTERED} if method == "sms" else {}
        opened = await shop.create(method=method, **number)
        if method == "text":
            await phone.text(opened["login"]["text"])

        async def is_blamed() -> bool:
            shown = await shop.show(opened["id"])
            return (shown["status"], shown["delivery"], shown["reason"]) == (
                "pending",
                "failed",
                "sender_misconfigured",
            )

        await eventually(is_blamed)
