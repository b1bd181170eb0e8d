"""What the holder of a poll token does not learn about a phone."""

from __future__ import annotations

import pytest

from bot.records import Reason
from tests.harness.asgi_request import AsgiRequest
from tests.harness.constants import START_MS
from tests.harness.running_service import running_service
from tests.harness.verifications import open_verification
from tests.harness.web_app import expect
from webhooks.verification_json import present


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("opted_out", None),
        ("blocked", None),
        ("region_not_allowed", "region_not_allowed"),
        ("undeliverable", "undeliverable"),
    ],
)
def test_a_poll_token_reads_no_reason_that_concerns_the_phones_owner(
    reason: Reason, shown: str | None
) -> None:
    failed = open_verification(
        status="failed", reason=reason, awaiting=None, seed=None, completed_at=START_MS
    )

    assert present(failed, START_MS).reason == reason
    held = present(failed, START_MS, masked=True)
    assert (held.status, held.reason) == ("failed", shown)


async def test_a_poll_token_reads_no_reference(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        opened = await shop.open(reference="cart-42")
        id, browser = opened["id"], service.web_app(opened["poll_token"])
        read = await browser.show(id)
        canceled = expect(await browser.cancel(id), 200)
        streamed = await AsgiRequest(service.app, f"{id}/events", browser.bearer, {}).done()

        assert [one["reference"] for one in (read, canceled, streamed.events[-1].data)] == [
            None
        ] * 3
        assert opened["reference"] == (await shop.show(id))["reference"] == "cart-42"
