"""Texting LOGIN with the ref of a page: who may claim it, and what supersedes it."""

from tests.harness.clock import MINUTE_MS
from tests.harness.phone import OTHER_PHONE, PHONE, wrong_code
from tests.harness.running_service import running_service
from tests.harness.settings import OTHER_SHOP


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
        assert "Those letters don't work" in answers[0]


async def test_a_ref_reserved_for_a_phone_is_claimed_by_it(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open(phone_number="(415) 555-0123")
        assert opened["phone_number"] == PHONE
        await phone.text(f"LOGIN {opened['login']['ref']}")
        await phone.text(await phone.code())
        await phone.reads()
        assert (await shop.show(opened["id"]))["status"] == "approved"


async def test_a_plain_login_leaves_a_web_apps_request_alone(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        await phone.text(f"LOGIN {opened['login']['ref']}")
        code = await phone.code()
        await phone.text("LOGIN")
        assert "Not you? Reply NO. A page" in await phone.reads()
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
