"""Texting LOGIN and replying the code."""

import pytest

from tests.harness.clock import MINUTE_MS
from tests.harness.phone import PHONE, code_in
from tests.harness.running_service import running_service
from tests.harness.telnyx_events import text_event


async def test_a_replied_code_verifies_the_phone_for_web_apps(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        assert await phone.text("LOGIN") == 200
        code = await phone.code()
        (pending,) = await shop.find()
        assert (pending["status"], pending["awaiting"]) == ("pending", "code")
        assert (pending["method"], pending["code_entry"]) == ("text", "reply")

        await phone.text(code)
        assert "verified" in await phone.reads()
        (approved,) = await shop.find()
        assert (approved["status"], approved["awaiting"]) == ("approved", None)
        assert (approved["binding"], approved["phone_number"]) == ("sms_reply", PHONE)
        assert approved["completed_at"] == "2027-01-15T08:00:00.000Z"
        assert await shop.show(approved["id"]) == approved
        assert "poll_token" not in approved


async def test_the_list_is_newest_first_and_drops_old_logins(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        await phone.reads()
        service.clock.advance(2 * MINUTE_MS)
        await phone.text("login")
        await phone.code()
        assert [login["status"] for login in await shop.find()] == ["pending", "approved"]
        service.clock.advance(14 * MINUTE_MS)
        assert [login["status"] for login in await shop.find()] == ["pending"]
        service.clock.advance(MINUTE_MS)
        assert await shop.find() == []


async def test_an_expired_code_is_not_counted(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        code = await phone.code()
        service.clock.advance(5 * MINUTE_MS)
        (login,) = await shop.find()
        assert (login["status"], login["awaiting"]) == ("pending", "login")
        await phone.text(code)
        assert "no longer good" in await phone.reads()
        (login,) = await shop.find()
        assert (login["status"], login["attempts_left"]) == ("pending", 5)


async def test_the_right_code_twice_is_answered_once(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        code = await phone.code()
        for _ in range(3):
            await phone.text(code)
        answers = await phone.unread()
        assert ["verified." in text for text in answers] == [True, True]
        assert "already" in answers[1]


async def test_full_width_words_and_digits_are_understood(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("ｌｏｇｉｎ")
        code = await phone.code()
        await phone.text("".join(chr(0xFF10 + int(digit)) for digit in code))
        await phone.reads()
        (login,) = await shop.find()
        assert login["status"] == "approved"


async def test_a_code_inside_a_sentence_approves_nothing(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        code = await phone.code()
        await phone.text(f"the man on the phone wants {code} from me")
        assert "reply with only the 6-digit code" in await phone.reads()
        (login,) = await shop.find()
        assert (login["status"], login["attempts_left"]) == ("pending", 5)


@pytest.mark.parametrize("sender", ["+14155550100", "72345", "TELNYX", "+4915112345678"])
async def test_a_sender_that_may_not_be_texted_gets_nothing(database_url: str, sender: str) -> None:
    async with running_service(database_url) as service:
        assert await service.text(sender, "LOGIN") == 200
        await service.idle()
        assert service.count("messages") == 0
        assert service.count("verifications") == 0


async def test_a_login_received_too_long_ago_sends_no_code(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        old = text_event("LOGIN", received_at="2027-01-15T07:54:59Z")
        assert (await service.post(old)).status_code == 200
        assert service.count("verifications") == 0
        stop = text_event("STOP", received_at="2027-01-15T07:54:59Z")
        assert (await service.post(stop)).status_code == 200
        assert service.count("conversations", "opted_out_at IS NOT NULL") == 1


async def test_no_code_is_ever_stored(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        text = await phone.reads()
        code = code_in(text)
        tables = ("phones", "conversations", "verifications", "messages", "events")
        for table in tables:
            for row in service.rows(f"SELECT * FROM {table}"):
                assert code not in str(row).replace(PHONE, "")
                assert text not in str(row)
