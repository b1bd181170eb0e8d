"""Calls on a verification that is over, and checks without a live code."""

from collections.abc import Awaitable, Callable

import pytest

from tests.harness.clock import MINUTE_MS
from tests.harness.phone import PHONE, wrong_code
from tests.harness.problems import problem
from tests.harness.running_service import RunningService, running_service
from tests.harness.web_app import expect


async def _approved(service: RunningService) -> str:
    sent = await service.web_app().create(method="sms", phone_number=PHONE)
    expect(await service.web_app().check(sent["id"], await service.phone().code()), 200)
    return str(sent["id"])


async def _canceled(service: RunningService) -> str:
    sent = await service.web_app().create(method="sms", phone_number=PHONE)
    expect(await service.web_app().cancel(sent["id"]), 200)
    return str(sent["id"])


async def _expired(service: RunningService) -> str:
    sent = await service.web_app().create(method="sms", phone_number=PHONE)
    service.clock.advance(900_000)
    return str(sent["id"])


async def _tried_too_often(service: RunningService) -> str:
    sent = await service.web_app().create(method="sms", phone_number=PHONE)
    code = await service.phone().code()
    for by in range(1, 6):
        expect(await service.web_app().check(sent["id"], wrong_code(code, by)), 200)
    return str(sent["id"])


async def _denied(service: RunningService) -> str:
    opened = await service.web_app().open()
    await service.phone().text(opened["login"]["text"])
    await service.phone().text("NO")
    return str(opened["id"])


async def _failed(service: RunningService) -> str:
    sent = await service.web_app().create(method="sms", phone_number="+447400123456")
    return str(sent["id"])


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (_approved, "approved"),
        (_canceled, "canceled"),
        (_expired, "expired"),
        (_tried_too_often, "max_attempts_reached"),
        (_denied, "denied"),
        (_failed, "failed"),
    ],
)
async def test_every_call_on_a_finished_verification_names_its_status(
    sqlite_url: str, end: Callable[[RunningService], Awaitable[str]], status: str
) -> None:
    async with running_service(sqlite_url) as service:
        shop, id = service.web_app(), await end(service)
        expected = {"verification_status": status}
        assert problem(await shop.resend(id), "over") == expected
        assert problem(await shop.cancel(id), "over") == expected
        assert problem(await shop.check(id, "123456"), "over") == expected
        if status != "approved":
            not_approved = {**expected, "why": "not_approved"}
            assert problem(await shop.redeem(id), "over") == not_approved
        assert (await shop.show(id))["status"] == status


@pytest.mark.parametrize("status", ["approved", "denied", "expired", "max_attempts_reached"])
async def test_a_finished_verification_keeps_its_status(database_url: str, status: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        code = await phone.code()
        match status:
            case "approved":
                await shop.check(sent["id"], code)
            case "denied":
                await phone.text("NO")
            case "expired":
                service.clock.advance(15 * MINUTE_MS)
            case "max_attempts_reached":
                for by in range(1, 6):
                    await shop.check(sent["id"], wrong_code(code, by))
        before = await shop.show(sent["id"])
        assert before["status"] == status
        for response in (
            await shop.cancel(sent["id"]),
            await shop.resend(sent["id"]),
            await shop.check(sent["id"], code),
        ):
            assert problem(response, "over") == {"verification_status": status}
        assert (await shop.show(sent["id"]))["status"] == status


async def test_a_pending_verification_is_not_redeemed(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        opened = await service.web_app().open()
        response = await service.web_app().redeem(opened["id"])
        expected = {"verification_status": "pending", "why": "not_approved"}
        assert problem(response, "over") == expected


async def test_over_names_the_final_status(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(), service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        code = await phone.code()
        expect(await shop.check(sent["id"], code), 200)
        for typed in (code, wrong_code(code)):
            response = await shop.check(sent["id"], typed)
            assert problem(response, "over") == {"verification_status": "approved"}
            assert code not in response.text


async def test_a_check_without_a_live_code_is_refused_and_not_counted(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop, phone = service.web_app(), service.phone()
        opened = await shop.open()
        assert problem(await shop.check(opened["id"], "123456"), "no_code") == {}
        await phone.text(opened["login"]["text"])
        code = await phone.code()
        service.clock.advance(300_000)
        problem(await shop.check(opened["id"], code), "no_code")
        assert (await shop.show(opened["id"]))["attempts_left"] == 5


@pytest.mark.parametrize(
    "code", ["\x00", "１２３４５６", "12345\ud7ff", "1" * 64, "٠١٢٣٤٥", "constructor", "-1", "1e5"]
)
async def test_anything_typed_as_a_code_is_at_most_a_wrong_code(
    database_url: str, code: str
) -> None:
    async with running_service(database_url) as service:
        sent = await service.web_app().create(method="sms", phone_number=PHONE)
        left = expect(await service.web_app().check(sent["id"], code), 200)
        assert (left["status"], left["attempts_left"]) == ("pending", 4)
