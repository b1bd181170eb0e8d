"""The machine's clock is set back or forward while people log in."""

import pytest

from tests.harness.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from tests.harness.running_service import running_service
from tests.harness.telnyx_events import text_event

STEPS = pytest.mark.parametrize("step", [-HOUR_MS, -2 * MINUTE_MS, HOUR_MS])


@STEPS
async def test_a_login_and_its_code_survive_a_step(database_url: str, step: int) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        code = await phone.code()
        service.clock.wall_ahead = step
        service.clock.advance(4 * MINUTE_MS)
        await phone.text(code)
        assert "verified" in await phone.reads()


@STEPS
async def test_a_code_ends_after_its_lifetime_whatever_the_step(
    database_url: str, step: int
) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        code = await phone.code()
        service.clock.wall_ahead = step
        service.clock.advance(5 * MINUTE_MS + SECOND_MS)
        await phone.text(code)
        assert "no longer good" in await phone.reads()


async def test_a_signature_is_as_old_as_the_wall_clock_says(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        body = text_event("LOGIN")
        headers = service.signer.headers(body)
        service.clock.wall_ahead = 6 * MINUTE_MS
        assert (await service.post(body, headers)).status_code == 403
        assert (await service.post(body)).status_code == 200
