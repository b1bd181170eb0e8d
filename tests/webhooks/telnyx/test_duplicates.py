"""Events and texts that come more than once."""

import asyncio

from tests.harness.running_service import running_service
from tests.harness.telnyx_events import text_event

BODY = text_event("LOGIN", event_id="evt-1", message_id="msg-1")


async def test_a_duplicate_has_no_second_effect(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        phone = service.phone()
        for _ in range(3):
            assert (await service.post(BODY)).status_code == 200
        await phone.code()
        same_text = text_event("LOGIN", event_id="evt-2", message_id="msg-1")
        assert (await service.post(same_text)).status_code == 200
        same_event = text_event("RESEND", event_id="evt-1", message_id="msg-2")
        assert (await service.post(same_event)).status_code == 200
        assert await phone.unread() == []
        assert service.count("messages") == service.count("verifications") == 1


async def test_simultaneous_duplicates_have_one_effect(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        answers = await asyncio.gather(*(service.post(BODY) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        phone = service.phone()
        await phone.code()
        assert await phone.unread() == []


async def test_a_duplicate_after_the_code_is_used_opens_nothing(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        await phone.reads()
        await service.idle()
        service.clock.advance(200_000)
        for body, headers in list(service.webhooks.posted):
            assert (await service.post(body, headers)).status_code == 200
        assert await phone.unread() == []
        assert [login["status"] for login in await service.web_app().find()] == ["approved"]
