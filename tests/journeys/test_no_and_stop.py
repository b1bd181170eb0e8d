"""NO, STOP and START."""

from tests.harness.clock import MINUTE_MS
from tests.harness.phone import PHONE
from tests.harness.running_service import running_service
from tests.harness.web_app import expect


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
        await phone.reads()
        denied = await shop.show(login["id"])
        assert (denied["status"], denied["reason"]) == ("denied", "repudiated")
        assert denied["redeemed_at"] is not None
        assert denied["repudiated_at"] is not None


async def test_a_later_no_leaves_the_approval_and_tells_the_web_app(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        await phone.text(f"LOGIN {opened['login']['ref']}")
        await phone.text(await phone.code())
        await phone.reads()
        service.clock.advance(23 * 60 * MINUTE_MS)
        await phone.text("It wasn't me")
        await phone.reads()
        told = await shop.show(opened["id"])
        assert (told["status"], told["reason"]) == ("approved", None)
        assert told["repudiated_at"] is not None


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
        await phone.text("LOGIN")  # one send is tried; Telnyx refuses it
        assert await phone.unread() == []
        tried = (await shop.find())[0]
        assert (tried["status"], tried["reason"]) == ("failed", "opted_out")

        await phone.text("START")
        assert await phone.unread() == []
        service.clock.advance(MINUTE_MS)
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        assert "verified" in await phone.reads()
