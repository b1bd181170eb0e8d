"""The API as web apps and browsers use it."""

import re

import pytest

from tests.harness.clock import MINUTE_MS
from tests.harness.phone import OTHER_PHONE, PHONE, wrong_code
from tests.harness.running_service import running_service
from tests.harness.settings import OTHER_SHOP, SHOP
from tests.harness.web_app import expect

_MEMBERS = {
    *("id", "status", "awaiting", "method", "code_entry", "phone_number", "binding", "reason"),
    *("delivery", "attempts_left", "reference", "login", "created_at", "expires_at"),
    *("code_expires_at", "resend_at", "completed_at", "redeemed_at", "repudiated_at", "interval"),
}


async def test_a_code_by_sms_is_typed_in_the_browser(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        sent = await shop.create(method="sms", phone_number="415-555-0123")
        assert (sent["awaiting"], sent["code_entry"]) == ("code", "page")
        assert (sent["phone_number"], sent["login"]) == (PHONE, None)
        assert sent["code_expires_at"] == "2027-01-15T08:05:00.000Z"
        assert sent["resend_at"] == "2027-01-15T08:01:00.000Z"
        code = await phone.code()

        await phone.text(code)
        assert "Type that code on the page" in await phone.reads()
        approved = expect(await shop.check(sent["id"], f" {code[:3]}-{code[3:]} "), 200)
        assert (approved["status"], approved["binding"]) == ("approved", "browser_code")
        assert await phone.unread() == []


async def test_a_verification_has_the_documented_members(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        response = await shop.ask("POST", json={"method": "text"})
        opened = expect(response, 201)
        assert response.headers["location"] == f"/v1/verifications/{opened['id']}"
        assert response.headers["etag"]
        assert response.headers["cache-control"] == "no-store"
        assert set(opened) == {*_MEMBERS, "poll_token"}
        assert re.fullmatch("poll_[0-9a-f]{64}", opened["poll_token"])
        assert re.fullmatch("[BCDFGHJKLMNPQRSTVWXZ]{6}", opened["login"]["ref"])
        assert set(await shop.show(opened["id"])) == _MEMBERS


async def test_a_code_to_reply_may_be_typed_in_the_browser(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        approved = expect(await shop.check(opened["id"], await phone.code()), 200)
        assert (approved["status"], approved["binding"]) == ("approved", "browser_code")


async def test_wrong_codes_in_the_browser_end_the_verification_and_do_not_lock_the_phone(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        code = await phone.code()
        for tries_left in (4, 3, 2, 1):
            left = expect(await shop.check(sent["id"], wrong_code(code, tries_left)), 200)
            assert (left["status"], left["attempts_left"]) == ("pending", tries_left)
        ended = expect(await shop.check(sent["id"], "not a code"), 200)
        assert (ended["status"], ended["attempts_left"]) == ("max_attempts_reached", 0)
        over = expect(await shop.check(sent["id"], code), 409)
        assert over["verification_status"] == "max_attempts_reached"

        service.clock.advance(MINUTE_MS)
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        assert "verified" in await phone.reads()


async def test_an_approval_is_good_for_one_login(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        code = await phone.code()
        (login,) = await shop.find()
        assert expect(await shop.redeem(login["id"]), 409)["verification_status"] == "pending"
        await phone.text(code)
        await phone.reads()
        service.clock.advance(1500)
        redeemed = expect(await shop.redeem(login["id"]), 200)
        assert redeemed["redeemed_at"] == "2027-01-15T08:00:01.500Z"
        again = expect(await shop.redeem(login["id"]), 409)
        assert again["verification_status"] == "approved"
        other = service.web_app(OTHER_SHOP)
        expect(await other.redeem(login["id"]), 409)


async def test_a_poll_token_sees_its_verification_with_a_masked_phone(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        browser = service.web_app(opened["poll_token"])
        await phone.text(opened["login"]["text"])
        code = await phone.code()
        seen = await browser.show(opened["id"])
        assert (seen["awaiting"], seen["phone_number"]) == ("code", "+1••••••0123")
        left = expect(await browser.check(opened["id"], wrong_code(code)), 200)
        assert (left["attempts_left"], left["phone_number"]) == (4, "+1••••••0123")
        approved = expect(await browser.check(opened["id"], code), 200)
        assert (approved["status"], approved["phone_number"]) == ("approved", "+1••••••0123")
        assert (await shop.show(opened["id"]))["phone_number"] == PHONE


async def test_a_poll_token_is_valid_for_one_verification_until_an_hour_after_its_end(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        first, second = await shop.open(), await shop.open()
        browser = service.web_app(first["poll_token"])
        assert (await browser.ask("GET", f"/{second['id']}")).status_code == 404
        assert (await browser.check(second["id"], "123456")).status_code == 404
        forged = service.web_app("poll_" + "0" * 64)
        assert (await forged.ask("GET", f"/{first['id']}")).status_code == 404

        await phone.text(first["login"]["text"])
        expect(await browser.check(first["id"], await phone.code()), 200)
        service.clock.advance(60 * MINUTE_MS - 1)
        await browser.show(first["id"])
        service.clock.advance(1)
        assert (await browser.ask("GET", f"/{first['id']}")).status_code == 404
        assert (await browser.check(first["id"], "123456")).status_code == 404
        await shop.show(first["id"])


async def test_a_poll_token_is_not_an_api_key(database_url: str) -> None:
    async with running_service(database_url) as service:
        opened = await service.web_app().open()
        browser = service.web_app(opened["poll_token"])
        for response in (
            await browser.ask("GET", params={"phone_number": PHONE}),
            await browser.ask("POST", json={"method": "text"}),
            await browser.redeem(opened["id"]),
        ):
            assert response.status_code == 403
            assert response.json()["type"] == "urn:textlogin:problem:forbidden"


async def test_a_poll_token_of_an_older_secret_key_is_valid(database_url: str) -> None:
    old, new = "an older key of at least 32 characters", "a newer key of at least 32 characters"
    async with running_service(database_url, secret_key=(old,)) as service:
        phone = service.phone()
        opened = await service.web_app().open()
        await phone.text(opened["login"]["text"])
        code = await phone.code()
        await service.idle()
    async with running_service(database_url, secret_key=(new, old)) as service:
        browser = service.web_app(opened["poll_token"])
        assert expect(await browser.check(opened["id"], code), 200)["status"] == "approved"
    async with running_service(database_url, secret_key=(new,)) as service:
        browser = service.web_app(opened["poll_token"])
        assert (await browser.ask("GET", f"/{opened['id']}")).status_code == 404


async def test_web_apps_do_not_see_each_others_verifications(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop, other = service.phone(), service.web_app(), service.web_app(OTHER_SHOP)
        opened = await shop.open()
        await phone.text(opened["login"]["text"])
        code = await phone.code()
        unknown = await other.ask("GET", "/ver_" + "0" * 47)
        for response in (
            await other.ask("GET", f"/{opened['id']}"),
            await other.check(opened["id"], code),
            await other.redeem(opened["id"]),
        ):
            assert response.status_code == 404
            assert response.json() == unknown.json()
        assert await other.find() == []
        assert [one["id"] for one in await shop.find()] == [opened["id"]]


async def test_a_key_may_be_presented_with_or_without_its_name(database_url: str) -> None:
    async with running_service(database_url) as service:
        assert await service.web_app(SHOP.partition(":")[2]).find() == []
        assert await service.web_app(SHOP).find() == []


async def test_a_current_etag_is_answered_304(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.ask("POST", json={"method": "text"})
        path, tag = f"/{opened.json()['id']}", opened.headers["etag"]
        for condition in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            same = await shop.ask("GET", path, headers={"If-None-Match": condition})
            assert (same.status_code, same.content) == (304, b"")
            assert same.headers["etag"] == tag
        assert (await shop.ask("GET", path, headers={"If-None-Match": '"x"'})).status_code == 200

        tags = [tag]
        await phone.text(opened.json()["login"]["text"])
        code = await phone.code()
        await service.idle()
        for change in (0, 5 * MINUTE_MS, 10 * MINUTE_MS):  # claimed, its code dead, expired
            service.clock.advance(change)
            changed = await shop.ask("GET", path, headers={"If-None-Match": ", ".join(tags)})
            assert changed.status_code == 200
            tags.append(changed.headers["etag"])
        assert changed.json()["status"] == "expired"
        assert code not in changed.text


async def test_the_cooldown_of_a_phone_is_told_in_whole_seconds(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        await shop.create(method="sms", phone_number=PHONE)
        service.clock.advance(1500)
        refused = await shop.ask("POST", json={"method": "sms", "phone_number": PHONE})
        assert expect(refused, 429)["limit"] == "resend_cooldown"
        assert refused.json()["retry_after"] == 59
        assert refused.headers["retry-after"] == "59"
        await shop.create(method="sms", phone_number=OTHER_PHONE)
        service.clock.advance(58_500)
        await shop.create(method="sms", phone_number=PHONE)


async def test_a_text_login_leaves_web_apps_their_codes(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        await phone.code()
        opened = await shop.create(method="sms", phone_number=PHONE)
        assert (opened["status"], opened["awaiting"]) == ("pending", "code")


async def test_codes_to_one_phone_are_counted_together_however_it_is_written(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        for spelling in ("+1 415 555 0123", "(415) 555-0123"):
            await shop.create(method="sms", phone_number=spelling)
            service.clock.advance(MINUTE_MS)
        await shop.create(method="sms", phone_number=PHONE)
        service.clock.advance(MINUTE_MS)
        refused = await shop.ask("POST", json={"method": "sms", "phone_number": PHONE})
        assert expect(refused, 429)["limit"] == "codes_per_10_min"
        assert refused.json()["retry_after"] == 7 * 60


async def test_a_region_that_is_not_allowed_fails_at_once(database_url: str) -> None:
    async with running_service(database_url) as service:
        german = await service.web_app().create(method="sms", phone_number="+4915112345678")
        assert (german["status"], german["reason"]) == ("failed", "region_not_allowed")


async def test_a_phone_whose_replies_are_locked_logs_in_on_a_page(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        await phone.text("LOGIN")
        code = await phone.code()
        for by in range(1, 6):
            await phone.text(wrong_code(code, by))
            await phone.reads()
        opened = await shop.create(method="sms", phone_number=PHONE)
        checked = await shop.check(opened["id"], await phone.code())
        assert checked.json()["status"] == "approved"


async def test_the_list_accepts_a_phone_number_without_its_plus(database_url: str) -> None:
    async with running_service(database_url) as service:
        await service.phone().text("LOGIN")
        for typed in ("%2B14155550123", "+14155550123", "4155550123", "(415)%20555-0123"):
            response = await service.web_app().ask("GET", f"?phone_number={typed}")
            assert len(expect(response, 200)["data"]) == 1


@pytest.mark.parametrize("secret", ["secret_key", "seed", "spent", "secret_id"])
async def test_nothing_that_codes_are_computed_from_is_shown(
    database_url: str, secret: str
) -> None:
    async with running_service(database_url) as service:
        await service.phone().text("LOGIN")
        assert secret not in str(await service.web_app().find())
