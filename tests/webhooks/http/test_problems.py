"""Every error has one shape, RFC 9457, and the names and members that the contract lists."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.harness.phone import PHONE, wrong_code
from tests.harness.running_service import running_service
from tests.harness.telnyx_events import text_event
from tests.harness.web_app import expect

_STATUS = {
    "malformed": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "signature": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "over": 409,
    "no_code": 409,
    "too_large": 413,
    "unsupported_media_type": 415,
    "invalid": 422,
    "limited": 429,
    "unavailable": 503,
}
_ALWAYS = {"type", "title", "status", "detail"}
#: An id as they are made, of no verification.
_NOBODYS = "/ver_" + "0" * 47
_JSON = {"Content-Type": "application/json"}


def problem(response: httpx.Response, name: str) -> dict[str, Any]:
    """The members that this problem has beside those that all have."""
    assert response.headers["content-type"] == "application/problem+json"
    body = expect(response, _STATUS[name])
    assert (body["type"], body["status"]) == (f"urn:textlogin:problem:{name}", _STATUS[name])
    assert body["title"]
    assert body["detail"]
    return {member: value for member, value in body.items() if member not in _ALWAYS}


def wrong_members(response: httpx.Response) -> set[str]:
    (errors,) = problem(response, "invalid").values()
    assert all(set(error) == {"member", "detail"} and error["detail"] for error in errors)
    return {error["member"] for error in errors}


@pytest.mark.parametrize(
    "bearer",
    ["", "x", "shop:", "s" * 39, "shop:" + "o" * 40, "poll_x", "poll_" + "g" * 64, "é" * 40,
     "s" * 300],
)  # fmt: skip
async def test_an_unknown_bearer_is_unauthorized(sqlite_url: str, bearer: str) -> None:
    async with running_service(sqlite_url) as service:
        headers = [(b"Authorization", b"Bearer " + bearer.encode("latin-1"))]
        for method, path in (
            ("POST", ""), ("GET", "?phone_number=1"), ("GET", _NOBODYS),
            ("POST", f"{_NOBODYS}/check"), ("POST", f"{_NOBODYS}/redeem"),
        ):  # fmt: skip
            url = f"/v1/verifications{path}"
            response = await service.http.request(method, url, headers=headers, json={})
            assert problem(response, "unauthorized") == {}
            assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("value", [None, "Basic c2hvcDpz", "Bearer", "Token " + "s" * 40])
async def test_a_request_without_a_bearer_is_unauthorized(
    sqlite_url: str, value: str | None
) -> None:
    async with running_service(sqlite_url) as service:
        headers = {"Authorization": value} if value is not None else {}
        response = await service.http.get("/v1/verifications/ver_0", headers=headers)
        problem(response, "unauthorized")
        assert "www-authenticate" in response.headers


async def test_the_bearer_scheme_is_read_in_any_case(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        headers = {"Authorization": "bEARER  " + "s" * 40}
        response = await service.http.get(
            "/v1/verifications?phone_number=4155550123", headers=headers
        )
        assert response.status_code == 200


@pytest.mark.parametrize(
    "id",
    ["ver_0", "x" * 2000, "%00", "ver_%00", "%F0%9F%93%B1", "%ED%A0%80", "%FF", "'; --", "..%2F"],
)
async def test_an_id_that_never_existed_is_not_found(database_url: str, id: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        assert problem(await shop.ask("GET", f"/{id}"), "not_found") == {}
        problem(await shop.check(id, "123456"), "not_found")
        problem(await shop.redeem(id), "not_found")
        await shop.open()


async def test_an_unknown_path_is_not_found(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        for path in ("/nothing", "/v1", "/v1/verifications/ver_0/nothing"):
            problem(await service.http.get(path), "not_found")


@pytest.mark.parametrize("path", ["/v1/verifications/", "/healthz/", "/webhooks/telnyx/"])
async def test_a_trailing_slash_is_not_redirected(sqlite_url: str, path: str) -> None:
    async with running_service(sqlite_url) as service:
        problem(await service.http.get(path, headers={"Host": "evil.example"}), "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/verifications", {"GET", "HEAD", "POST"}),
        ("PUT", "/v1/verifications/ver_0", {"GET", "HEAD"}),
        ("GET", "/v1/verifications/ver_0/check", {"POST"}),
        ("GET", "/v1/verifications/ver_0/redeem", {"POST"}),
        ("POST", "/healthz", {"GET", "HEAD"}),
        ("GET", "/webhooks/telnyx", {"POST"}),
        ("PUT", "/webhooks/telnyx", {"POST"}),
    ],
)
async def test_a_wrong_method_is_refused_with_the_allowed_ones(
    sqlite_url: str, method: str, path: str, allowed: set[str]
) -> None:
    async with running_service(sqlite_url) as service:
        response = await service.http.request(method, path)
        assert problem(response, "method_not_allowed") == {}
        assert {name.strip() for name in response.headers["allow"].split(",")} == allowed


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


async def test_a_body_over_16_kib_is_too_large(sqlite_url: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 1024

    async with running_service(sqlite_url) as service:
        shop, most = service.web_app(), b'{"method": "text"}'.ljust(16 * 1024)
        expect(await shop.ask("POST", content=most, headers=_JSON), 201)
        response = await shop.ask("POST", content=most + b" ", headers=_JSON)
        assert problem(response, "too_large") == {}
        problem(await shop.ask("POST", content=chunks(), headers=_JSON), "too_large")
        problem(
            await shop.ask("POST", f"{_NOBODYS}/check", content=most * 2, headers=_JSON),
            "too_large",
        )


@pytest.mark.parametrize("media_type", [None, "", "text/plain", "multipart/form-data"])
async def test_any_media_type_but_json_is_unsupported(
    sqlite_url: str, media_type: str | None
) -> None:
    async with running_service(sqlite_url) as service:
        headers = {"Content-Type": media_type} if media_type is not None else {}
        for path in ("", f"{_NOBODYS}/check"):
            response = await service.web_app().ask("POST", path, content=b"{}", headers=headers)
            assert problem(response, "unsupported_media_type") == {}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b'{"method": "\xff"}', b'{"method": "\\ud800"}', b"[" * 16_000,
     b'{"a":' * 3_000, b"nothing", b'{"method": "text"} x'],
)  # fmt: skip
async def test_a_body_that_is_not_json_is_malformed(sqlite_url: str, body: bytes) -> None:
    async with running_service(sqlite_url) as service:
        for path in ("", f"{_NOBODYS}/check"):
            response = await service.web_app().ask("POST", path, content=body, headers=_JSON)
            assert problem(response, "malformed") == {}


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
        assert wrong_members(await service.web_app().ask("POST", json=body)) == members
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
        response = await service.web_app().ask("POST", f"{_NOBODYS}/check", json=body)
        assert wrong_members(response) == members


@pytest.mark.parametrize("query", ["", "?phone_number=", "?phone_number=x", "?phone_number=%00"])
async def test_a_list_without_a_valid_phone_number_is_invalid(sqlite_url: str, query: str) -> None:
    async with running_service(sqlite_url) as service:
        assert wrong_members(await service.web_app().ask("GET", query)) == {"phone_number"}


@pytest.mark.parametrize(
    "code", ["\x00", "１２３４５６", "12345\ud7ff", "1" * 64, "٠١٢٣٤٥", "constructor", "-1", "1e5"]
)
async def test_anything_typed_as_a_code_is_at_most_a_wrong_code(
    database_url: str, code: str
) -> None:
    async with running_service(database_url) as service:
        sent = await service.web_app().create(method="sms", phone_number=PHONE)
        typed = wrong_code(await service.phone().code()) if code == "" else code
        left = expect(await service.web_app().check(sent["id"], typed), 200)
        assert (left["status"], left["attempts_left"]) == ("pending", 4)


async def test_limited_names_the_limit_and_the_seconds_to_wait(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        await shop.create(method="sms", phone_number=PHONE)
        response = await shop.ask("POST", json={"method": "sms", "phone_number": PHONE})
        members = problem(response, "limited")
        assert members == {"limit": "resend_cooldown", "retry_after": 60}
        assert response.headers["retry-after"] == "60"
        assert PHONE not in response.text


async def test_webhook_errors_have_the_same_shape(sqlite_url: str) -> None:
    async with running_service(sqlite_url, own_webhooks=True) as service:
        body = text_event("LOGIN")
        assert problem(await service.post(body, {}), "signature") == {}
        assert problem(await service.post(b"{"), "malformed") == {}
        assert problem(await service.post(b" " * 65_537), "too_large") == {}
        headers = [(b"Authorization", b"Bearer " + b"s" * 40)]
        response = await service.http.request("PATCH", "/v1/verifications", headers=headers)
        problem(response, "method_not_allowed")


async def test_every_answer_has_its_own_request_id(sqlite_url: str) -> None:
    async with running_service(sqlite_url, own_webhooks=True) as service:
        ids = set()
        for _ in range(3):
            for response in (
                await service.http.get("/healthz"),
                await service.http.get("/nothing"),
                await service.post(text_event("LOGIN")),
                await service.post(b"", {}),
                await service.web_app().ask("POST", json={"method": "text"}),
            ):
                ids.add(response.headers["x-request-id"])
        assert len(ids) == 15
