"""Resend, cancel, and what the phone's NO does: as the API shows it."""

import pytest

from tests.harness.clock import MINUTE_MS
from tests.harness.phone import OTHER_PHONE, PHONE, wrong_code
from tests.harness.problems import problem
from tests.harness.running_service import running_service
from tests.harness.web_app import expect


async def test_a_resend_replaces_the_code_and_keeps_the_attempts(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        old = await phone.code()
        expect(await shop.check(sent["id"], wrong_code(old)), 200)
        service.clock.advance(MINUTE_MS)
        again = await shop.resend(sent["id"])
        renewed = expect(again, 200)
        assert (renewed["status"], renewed["awaiting"]) == ("pending", "code")
        assert renewed["attempts_left"] == 4
        assert renewed["code_expires_at"] == "2027-01-15T08:06:00.000Z"
        assert renewed["resend_at"] == "2027-01-15T08:02:00.000Z"
        assert renewed["expires_at"] == sent["expires_at"]
        assert again.headers["etag"]
        assert again.headers["cache-control"] == "no-store"

        new = await phone.code()
        assert new != old
        left = expect(await shop.check(sent["id"], old), 200)
        assert (left["status"], left["attempts_left"]) == ("pending", 3)
        assert expect(await shop.check(sent["id"], new), 200)["status"] == "approved"


async def test_a_resent_code_can_be_replied(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        await phone.code()
        service.clock.advance(MINUTE_MS)
        browser = service.web_app(opened["poll_token"])
        renewed = expect(await browser.resend(opened["id"]), 200)
        assert renewed["phone_number"] == "+1••••••0123"
        await phone.text(await phone.code())
        assert (await browser.show(opened["id"]))["binding"] == "sms_reply_ref"


async def test_a_resend_in_the_cooldown_is_refused_with_the_seconds_left(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        code = await phone.code()
        service.clock.advance(17_001)
        for app in (shop, service.web_app(sent["poll_token"])):
            response = await app.resend(sent["id"])
            limited = problem(response, "limited")
            assert (limited["limit"], limited["retry_after"]) == ("resend_cooldown", 43)
            assert response.headers["retry-after"] == "43"
        assert await phone.unread() == []
        assert expect(await shop.check(sent["id"], code), 200)["status"] == "approved"


async def test_resends_stop_at_the_limit_of_ten_minutes(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        for _ in range(2):
            service.clock.advance(MINUTE_MS)
            expect(await shop.resend(sent["id"]), 200)
        service.clock.advance(MINUTE_MS)
        limited = problem(await shop.resend(sent["id"]), "limited")
        assert (limited["limit"], limited["retry_after"]) == ("codes_per_10_min", 7 * 60)


async def test_a_dead_code_can_be_replaced(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open(expires_in=1800, code_entry="page")
        await phone.text(opened["login"]["text"])
        code = await phone.code()
        service.clock.advance(5 * MINUTE_MS)
        assert (await shop.show(opened["id"]))["awaiting"] == "login"
        problem(await shop.check(opened["id"], code), "no_code")
        assert expect(await shop.resend(opened["id"]), 200)["awaiting"] == "code"
        approved = expect(await shop.check(opened["id"], await phone.code()), 200)
        assert (approved["status"], approved["attempts_left"]) == ("approved", 5)


async def test_no_code_is_sent_before_the_phone_has_texted(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        for opened in (await shop.open(), await shop.open(phone_number=PHONE)):
            problem(await shop.resend(opened["id"]), "no_code")
            problem(await shop.check(opened["id"], "123456"), "no_code")
        assert await service.phone().unread() == []


async def test_a_canceled_verification_is_over_for_every_call_and_code(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        code = await phone.code()
        service.clock.advance(MINUTE_MS)
        ended = expect(await service.web_app(opened["poll_token"]).cancel(opened["id"]), 200)
        assert (ended["status"], ended["awaiting"], ended["reason"]) == ("canceled", None, None)
        assert ended["completed_at"] == "2027-01-15T08:01:00.000Z"
        for response in (
            await shop.cancel(opened["id"]),
            await shop.resend(opened["id"]),
            await shop.check(opened["id"], code),
            await shop.redeem(opened["id"]),
        ):
            assert problem(response, "over")["verification_status"] == "canceled"
        await phone.text(code)
        assert "Nothing is waiting" in await phone.reads()
        assert (await shop.show(opened["id"]))["status"] == "canceled"
        assert await phone.unread() == []


async def test_the_ref_of_a_canceled_verification_is_unknown(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        expect(await shop.cancel(opened["id"]), 200)
        await phone.text(opened["login"]["text"])
        assert "Those letters don't work" in await phone.reads()


async def test_a_no_denies_the_pending_verification(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        replied = await shop.open()
        await phone.text(replied["login"]["text"])
        code = await phone.code()
        await phone.text("NO")
        denied = await shop.show(replied["id"])
        assert (denied["status"], denied["reason"], denied["binding"]) == ("denied", None, None)
        over = problem(await shop.check(replied["id"], code), "over")
        assert over["verification_status"] == "denied"


@pytest.mark.parametrize("by", ["reply", "page"])
async def test_a_no_takes_an_approval_back_for_ten_minutes(database_url: str, by: str) -> None:
    async with running_service(database_url, resend_cooldown=0) as service:
        phone, shop = service.phone(), service.web_app()

        async def approve() -> str:
            opened = await shop.open(code_entry=by)
            await phone.text(opened["login"]["text"])
            code = await phone.code()
            if by == "reply":
                await phone.text(code)
                await phone.reads()
            else:
                expect(await shop.check(opened["id"], code), 200)
            return str(opened["id"])

        first = await approve()
        expect(await shop.redeem(first), 200)
        etag = (await shop.ask("GET", f"/{first}")).headers["etag"]
        service.clock.advance(10 * MINUTE_MS - 1)
        await phone.text("NO")
        taken_back = await shop.ask("GET", f"/{first}", headers={"If-None-Match": etag})
        repudiated = expect(taken_back, 200)
        assert (repudiated["status"], repudiated["reason"]) == ("denied", "repudiated")
        assert problem(await shop.redeem(first), "over")["verification_status"] == "denied"
        await phone.reads()

        second = await approve()
        service.clock.advance(10 * MINUTE_MS)
        await phone.text("NO")
        assert (await shop.show(second))["status"] == "approved"


async def test_only_the_named_phone_can_claim_a_verification(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        opened = await shop.open(phone_number=PHONE)
        await service.phone(OTHER_PHONE).text(opened["login"]["text"])
        assert (await shop.show(opened["id"]))["awaiting"] == "login"
        await service.phone().text(opened["login"]["text"])
        assert (await shop.show(opened["id"]))["awaiting"] == "code"
