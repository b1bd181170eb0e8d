"""Redeem: an approval is one login, also where its answer was lost."""

import pytest

from tests.harness.clock import DAY_MS, MINUTE_MS
from tests.harness.phone import OTHER_PHONE, PHONE
from tests.harness.problems import invalid_members, problem
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import OTHER_SHOP
from tests.harness.web_app import expect

KEY = {"Idempotency-Key": "login-42"}


async def approved(service: RunningService, phone: str = PHONE) -> str:
    """The id of a verification whose code was typed."""
    shop = service.web_app()
    sent = await shop.create(method="sms", phone_number=phone)
    code = await service.phone(phone).code()
    expect(await shop.check(sent["id"], code), 200)
    return str(sent["id"])


@pytest.mark.parametrize(
    ("why", "wait", "before"),
    [("redeemed", 0, 1), ("redeemed", 15 * MINUTE_MS, 1), ("too_old", 15 * MINUTE_MS, 0)],
)
async def test_over_says_why_an_approval_cannot_be_redeemed(
    sqlite_url: str, why: str, wait: int, before: int
) -> None:
    async with running_service(sqlite_url) as service:
        id, shop = await approved(service), service.web_app()
        for _ in range(before):
            expect(await shop.redeem(id), 200)
        service.clock.advance(wait)
        expected = {"verification_status": "approved", "why": why}
        assert problem(await shop.redeem(id), "over") == expected


async def test_the_same_key_redeems_again_with_the_object_as_it_is_now(database_url: str) -> None:
    async with running_service(database_url) as service:
        id, shop = await approved(service), service.web_app()
        first = await shop.ask("POST", f"/{id}/redeem", headers=KEY)
        assert expect(first, 200)["redeemed_at"]
        assert "idempotency-replayed" not in first.headers
        again = await shop.ask("POST", f"/{id}/redeem", headers=KEY)
        assert expect(again, 200) == first.json()
        assert again.headers["idempotency-replayed"] == "true"
        assert again.headers["etag"] == first.headers["etag"]
        await service.phone().text("NO")
        await service.idle()
        denied = await shop.ask("POST", f"/{id}/redeem", headers=KEY)
        assert expect(denied, 200)["status"] == "denied"
        service.clock.advance(DAY_MS)
        late = await shop.ask("POST", f"/{id}/redeem", headers=KEY)
        assert problem(late, "over")["why"] == "not_approved"


async def test_a_key_is_of_one_web_app_and_one_verification(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop, other = service.web_app(), service.web_app(OTHER_SHOP)
        first, second = await approved(service), await approved(service, OTHER_PHONE)
        expect(await shop.ask("POST", f"/{first}/redeem", headers=KEY), 200)
        expect(await shop.ask("POST", f"/{second}/redeem", headers=KEY), 200)
        problem(await other.ask("POST", f"/{first}/redeem", headers=KEY), "not_found")
        opened = await shop.ask("POST", json={"method": "text"}, headers=KEY)
        assert "idempotency-replayed" not in opened.headers
        expect(opened, 201)
        different = await shop.ask("POST", f"/{first}/redeem", headers={"Idempotency-Key": "other"})
        assert problem(different, "over")["why"] == "redeemed"


async def test_a_refusal_does_not_use_the_key_up(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        early = await shop.ask("POST", f"/{sent['id']}/redeem", headers=KEY)
        assert problem(early, "over")["why"] == "not_approved"
        expect(await shop.check(sent["id"], await service.phone().code()), 200)
        redeemed = await shop.ask("POST", f"/{sent['id']}/redeem", headers=KEY)
        assert "idempotency-replayed" not in redeemed.headers
        assert expect(redeemed, 200)["redeemed_at"]


async def test_a_malformed_key_is_refused(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        id, shop = await approved(service), service.web_app()
        bad = await shop.ask("POST", f"/{id}/redeem", headers={"Idempotency-Key": "two words"})
        assert invalid_members(bad) == {"Idempotency-Key"}
        assert (await shop.show(id))["redeemed_at"] is None
