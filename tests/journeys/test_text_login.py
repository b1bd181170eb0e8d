"""Texting LOGIN: the journeys that start on a phone."""

import pytest

from tests.harness.clock import MINUTE_MS
from tests.harness.phone import OTHER_PHONE, PHONE, code_in, wrong_code
from tests.harness.running_service import running_service
from tests.harness.settings import OTHER_SHOP
from tests.harness.telnyx_events import text_event
from tests.harness.web_app import expect


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


async def test_a_phone_claims_and_approves_the_ref_of_a_page(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open(reference="cart-42")
        assert (opened["awaiting"], opened["phone_number"]) == ("login", None)
        ref = opened["login"]["ref"]
        assert opened["login"]["text"] == f"LOGIN {ref}"
        assert opened["login"]["sms_uri"] == f"sms:+14155550100?body=LOGIN%20{ref}"

        await phone.text(f"login {ref.lower()[:3]}-{ref[3:]}")
        code = await phone.code()
        claimed = await shop.show(opened["id"])
        assert (claimed["awaiting"], claimed["phone_number"]) == ("code", PHONE)
        await phone.text(f"My code is {code}.")
        assert "verified" in await phone.reads()
        approved = await shop.show(opened["id"])
        assert (approved["status"], approved["binding"]) == ("approved", "sms_reply_ref")
        assert approved["reference"] == "cart-42"


async def test_unknown_used_and_reserved_refs_get_the_same_answer(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        shop, phone = service.web_app(), service.phone()
        used = (await shop.open())["login"]["ref"]
        other = service.phone(OTHER_PHONE)
        await other.text(f"LOGIN {used}")
        await other.text(await other.code())
        reserved = (await shop.open(phone_number=OTHER_PHONE))["login"]["ref"]
        unknown = "BCDFGH" if "BCDFGH" not in (used, reserved) else "BCDFGJ"
        answers = []
        for ref in (unknown, used, reserved):
            await phone.text(f"LOGIN {ref}")
            answers.append(await phone.reads())
        assert len(set(answers)) == 1
        assert "Nothing waits for these letters" in answers[0]


async def test_a_ref_reserved_for_a_phone_is_claimed_by_it(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open(phone_number="(415) 555-0123")
        assert opened["phone_number"] == PHONE
        await phone.text(f"LOGIN {opened['login']['ref']}")
        await phone.text(await phone.code())
        await phone.reads()
        assert (await shop.show(opened["id"]))["status"] == "approved"


async def test_wrong_codes_use_up_attempts_and_lock_the_phone(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        code = await phone.code()
        for tries_left in (4, 3, 2, 1):
            await phone.text(wrong_code(code, tries_left))
            assert f"Tries left: {tries_left}." in await phone.reads()
            (login,) = await shop.find()
            assert (login["status"], login["attempts_left"]) == ("pending", tries_left)
        await phone.text(wrong_code(code, 5))
        assert "locked for 15 min" in await phone.reads()
        (login,) = await shop.find()
        assert (login["status"], login["attempts_left"]) == ("max_attempts_reached", 0)

        await phone.text(code)
        assert "Try again in 15 min" in await phone.reads()
        await phone.text("LOGIN")
        assert await phone.unread() == []  # said once a lock
        service.clock.advance(15 * MINUTE_MS)
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        assert "verified" in await phone.reads()


async def test_a_new_code_gives_no_new_attempts(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        code = await phone.code()
        for by in (1, 2, 3):
            await phone.text(wrong_code(code, by))
            await phone.reads()
        service.clock.advance(MINUTE_MS)
        await phone.text("RESEND")
        code = await phone.code()
        (login,) = await shop.find()
        assert login["attempts_left"] == 2
        await phone.text(wrong_code(code))
        assert "Tries left: 1." in await phone.reads()


async def test_after_resend_the_old_code_approves_nothing(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        first = await phone.code()
        await phone.text("RESEND")
        assert "wait 60 s" in await phone.reads()
        await phone.text("again")
        assert await phone.unread() == []  # said once a wait
        service.clock.advance(MINUTE_MS)
        await phone.text("RESEND")
        second = await phone.code()
        assert second != first
        await phone.text(first)
        assert "Tries left: 4." in await phone.reads()
        await phone.text(second)
        assert "verified" in await phone.reads()
        assert len(await shop.find()) == 1


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


async def test_no_denies_the_pending_verification(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        await phone.text(f"LOGIN {opened['login']['ref']}")
        code = await phone.code()
        await phone.text("No, that wasn't me!")
        assert "Denied" in await phone.reads()
        assert (await shop.show(opened["id"]))["status"] == "denied"
        await phone.text(code)
        assert "Nothing is waiting" in await phone.reads()
        assert (await shop.show(opened["id"]))["status"] == "denied"


async def test_no_takes_an_approval_back_for_ten_minutes(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        await phone.reads()
        (login,) = await shop.find()
        expect(await shop.redeem(login["id"]), 200)
        service.clock.advance(9 * MINUTE_MS)
        await phone.text("NO")
        assert "Denied" in await phone.reads()
        denied = await shop.show(login["id"])
        assert (denied["status"], denied["reason"]) == ("denied", "repudiated")
        assert denied["redeemed_at"] is not None


async def test_stop_fails_the_pending_verification_and_start_allows_new_ones(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        await phone.text(f"LOGIN {opened['login']['ref']}")
        await phone.code()
        await phone.text("STOP")
        assert await phone.unread() == []
        ended = await shop.show(opened["id"])
        assert (ended["status"], ended["reason"]) == ("failed", "opted_out")
        refused = await shop.create(method="sms", phone_number=PHONE)
        assert (refused["status"], refused["reason"]) == ("failed", "opted_out")
        await phone.text("HELP")

        service.clock.advance(MINUTE_MS)
        await phone.text("LOGIN")  # tried once, Telnyx judges: it blocks
        assert await phone.unread() == []
        tried = (await shop.find())[0]
        assert (tried["status"], tried["reason"]) == ("failed", "opted_out")

        await phone.text("START")
        assert await phone.unread() == []
        service.clock.advance(MINUTE_MS)
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        assert "verified" in await phone.reads()


async def test_a_plain_login_leaves_a_web_apps_request_alone(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        await phone.text(f"LOGIN {opened['login']['ref']}")
        code = await phone.code()
        await phone.text("LOGIN")
        assert "Reply with the code, or NO" in await phone.reads()
        await phone.text(code)
        await phone.reads()
        assert (await shop.show(opened["id"]))["status"] == "approved"


async def test_a_newer_ref_supersedes_the_older_one(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app(OTHER_SHOP)
        older, newer = await shop.open(), await shop.open()
        await phone.text(older["login"]["text"])
        first = await phone.code()
        service.clock.advance(MINUTE_MS)
        await phone.text(newer["login"]["text"])
        second = await phone.code()
        ended = await shop.show(older["id"])
        assert (ended["status"], ended["reason"]) == ("canceled", "superseded")
        await phone.text(first if first != second else wrong_code(second))
        assert "Tries left: 4." in await phone.reads()
        await phone.text(second)
        await phone.reads()
        assert (await shop.show(newer["id"]))["status"] == "approved"


async def test_the_right_code_twice_is_answered_once(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        code = await phone.code()
        for _ in range(3):
            await phone.text(code)
        told = await phone.unread()
        assert ["verified." in text for text in told] == [True, True]
        assert "already" in told[1]


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
        assert "send the code alone" in await phone.reads()
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
