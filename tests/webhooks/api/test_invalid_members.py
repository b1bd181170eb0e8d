"""Members that a request may not have, each named in a 422."""

import pytest

from tests.harness.phone import PHONE
from tests.harness.problems import invalid_members
from tests.harness.running_service import running_service

#: An id in the right format, of no verification.
UNKNOWN = "/ver_" + "0" * 47


@pytest.mark.parametrize(
    ("body", "members"),
    [
        ({"method": "text", "requester": {"colour": 1}}, {"requester.colour"}),
        (
            {"method": "text", "requester": {"ip": "x", "Label": "a"}},
            {"requester.ip", "requester.Label"},
        ),
        ({"method": "text", "requester": []}, {"requester"}),
        ({"method": "text", "requester": {"requester": {}}}, {"requester.requester"}),
        ({"method": "text", "status": "approved", "binding": "sms_reply"}, {"status", "binding"}),
        ({"method": "text", "__proto__": {}, "constructor": 1}, {"__proto__", "constructor"}),
        ({"method": "text", "": 1}, {"body"}),
        ({"method": "text", "reference": "\x00"}, {"reference"}),
        ({"method": "text", "x" * 500: 1}, {"x" * 100}),
    ],
)  # fmt: skip
async def test_unknown_members_are_refused_by_name_at_every_level(
    sqlite_url: str, body: object, members: set[str]
) -> None:
    async with running_service(sqlite_url) as service:
        assert invalid_members(await service.web_app().ask("POST", json=body)) == members
        assert service.count("verifications") == 0


async def test_of_a_hundred_unknown_members_twenty_are_listed(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        body = {"method": "text"} | {f"m{number}": 1 for number in range(100)}
        response = await service.web_app().ask("POST", json=body)
        assert len(invalid_members(response)) == 20
        assert len(response.content) < 4096


@pytest.mark.parametrize(
    ("body", "members"),
    [
        ([], {"body"}),
        ("text", {"body"}),
        (0, {"body"}),
        ({}, {"method"}),
        ({"method": "fax"}, {"method"}),
        ({"method": "text", "colour": 1, "Method": "text"}, {"colour", "Method"}),
        ({"method": 1, "phone_number": 14155550123}, {"method", "phone_number"}),
        ({"method": "sms"}, {"phone_number"}),
        ({"method": "sms", "phone_number": ""}, {"phone_number"}),
        ({"method": "sms", "phone_number": "12"}, {"phone_number"}),
        ({"method": "sms", "phone_number": "+1415555012\x00"}, {"phone_number"}),
        ({"method": "sms", "phone_number": "+" + "1" * 64}, {"phone_number"}),
        ({"method": "sms", "phone_number": "+1 415 555 0123 ext. 5"}, {"phone_number"}),
        ({"method": "sms", "phone_number": PHONE, "code_entry": "reply"}, {"code_entry"}),
        ({"method": "text", "code_entry": "voice"}, {"code_entry"}),
        ({"method": "text", "reference": "x" * 129}, {"reference"}),
        ({"method": "text", "reference": "a\x00b"}, {"reference"}),
        ({"method": "text", "reference": 42}, {"reference"}),
    ],
)
async def test_every_invalid_member_of_a_new_verification_is_named(
    database_url: str, body: object, members: set[str]
) -> None:
    async with running_service(database_url) as service:
        assert invalid_members(await service.web_app().ask("POST", json=body)) == members
        assert service.count("verifications") == 0


@pytest.mark.parametrize(
    ("body", "members"),
    [
        ({}, {"code"}),
        ({"code": 123456}, {"code"}),
        ({"code": ""}, {"code"}),
        ({"code": "1" * 65}, {"code"}),
        ({"code": "123456", "token": "x"}, {"token"}),
        ({"code": None}, {"code"}),
    ],
)
async def test_every_invalid_member_of_a_check_is_named(
    sqlite_url: str, body: object, members: set[str]
) -> None:
    async with running_service(sqlite_url) as service:
        response = await service.web_app().ask("POST", f"{UNKNOWN}/check", json=body)
        assert invalid_members(response) == members


@pytest.mark.parametrize("query", ["", "?phone_number=", "?phone_number=x", "?phone_number=%00"])
async def test_a_list_without_a_valid_phone_number_is_invalid(sqlite_url: str, query: str) -> None:
    async with running_service(sqlite_url) as service:
        assert invalid_members(await service.web_app().ask("GET", query)) == {"phone_number"}
