"""`?wait=` and `/events` by poll tokens, and by clients without access."""

import pytest

from tests.harness.asgi_request import AsgiRequest
from tests.harness.clock import MINUTE_MS, LoopClock
from tests.harness.phone import PHONE
from tests.harness.polls import etag
from tests.harness.running_service import running_service
from tests.harness.settings import OTHER_SHOP, SHOP
from tests.harness.web_app import expect


async def test_a_poll_token_can_wait_and_sees_a_masked_phone(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        opened = await service.web_app().open()
        held = AsgiRequest(service.app, f"{opened['id']}?wait=25", opened["poll_token"])
        await service.until_waiting(1)
        await phone.text(opened["login"]["text"])
        shown = (await held.done()).json
        assert (shown["awaiting"], shown["phone_number"]) == ("code", "+1••••••0123")
        assert PHONE not in str(shown)


@pytest.mark.parametrize("end", ["canceled", "expired"])
async def test_a_poll_token_is_invalid_an_hour_after_the_end(database_url: str, end: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        opened = await shop.open()
        if end == "canceled":
            expect(await shop.cancel(opened["id"]), 200)
        else:
            service.clock.advance(15 * MINUTE_MS)
        ways: tuple[tuple[str, str, dict[str, str]], ...] = (
            ("GET", f"/{opened['id']}", {}),
            ("GET", f"/{opened['id']}?wait=25", {"If-None-Match": '"x"'}),
            ("GET", f"/{opened['id']}/events", {}),
            ("POST", f"/{opened['id']}/cancel", {}),
            ("POST", f"/{opened['id']}/resend", {}),
        )
        browser = service.web_app(opened["poll_token"])
        service.clock.advance(60 * MINUTE_MS - 1)
        for method, path, headers in ways:
            response = await browser.ask(method, path, headers=headers)
            assert response.status_code == (200 if method == "GET" else 409), path
        service.clock.advance(1)
        for method, path, headers in ways:
            response = await browser.ask(method, path, headers=headers)
            assert response.status_code == 404, path
        assert (await shop.show(opened["id"]))["status"] == end


async def test_a_poll_token_that_expires_during_its_wait_gets_404(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        loop_clock, shop = LoopClock(), service.web_app()
        opened = await shop.open()
        known = await etag(service, opened["id"])
        headers = {"If-None-Match": known}
        held = AsgiRequest(service.app, f"{opened['id']}?wait=25", opened["poll_token"], headers)
        await service.until_waiting(1)
        service.clock.advance((15 + 60) * MINUTE_MS)
        loop_clock.advance(25)
        assert (await held.done()).status == 404


async def test_a_wait_without_access_is_refused_at_once(database_url: str) -> None:
    async with running_service(database_url) as service:
        opened = await service.web_app().open()
        for path in (f"{opened['id']}?wait=25", f"{opened['id']}/events"):
            assert (await AsgiRequest(service.app, path, OTHER_SHOP).done()).status == 404
            assert (await AsgiRequest(service.app, path, "k" * 40).done()).status == 401
        for path in ("ver_1?wait=25", f"ver_{'0' * 47}?wait=25", f"ver_{'0' * 47}/events"):
            assert (await AsgiRequest(service.app, path, SHOP).done()).status == 404
