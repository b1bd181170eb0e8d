"""How bodies are read: their size, their media type, their JSON."""

from collections.abc import AsyncIterator

import pytest

from tests.harness.problems import invalid_members, problem
from tests.harness.running_service import running_service
from tests.harness.web_app import expect

#: An id in the right format, of no verification.
UNKNOWN = "/ver_" + "0" * 47
JSON = {"Content-Type": "application/json"}


async def more_than_16_kib() -> AsyncIterator[bytes]:
    for _ in range(20):
        yield b" " * 1024


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nothing",
        b"\x00",
        b'{"method": "text"}\x00',
        b'{"method": "te\x00xt"}',
        b'{"method": "text"\x00}',
        b'\xef\xbb\xbf{"method": "text"}',
        '{"method": "text"}'.encode("utf-16"),
        b"\xff\xfe",
        b'{"method": "\xff"}',
        b'{"method": "\xc3\x28"}',
        b'{"method": "\xed\xa0\x80"}',
        b'{"method": "\\ud800"}',
        b"[" * 16_000,
        b'{"a":' * 3_000,
        b'{"requester": ' * 1_100,
        b'{"requester": ' * 1_000 + b"1" + b"}" * 1_000,
        b"[" * 8_000 + b"]" * 8_000,
        b"{'method': 'text'}",
        b'{"method": "text",}',
        b'{"method": "text"} x',
        b'{"method": "text"}{"method": "text"}',
        b"// nothing\n{}",
    ],
)
async def test_a_body_that_is_not_json_is_malformed(sqlite_url: str, body: bytes) -> None:
    async with running_service(sqlite_url) as service:
        for path in ("", f"{UNKNOWN}/check"):
            response = await service.web_app().ask("POST", path, content=body, headers=JSON)
            assert problem(response, "malformed") == {}
        assert service.count("verifications") == 0


@pytest.mark.parametrize(
    "number", ["9" * 400, "9" * 5_000, "1e999", "-1", "NaN", "Infinity", "60.5", "true", '"60"']
)
async def test_a_number_that_is_not_a_small_integer_is_refused(
    sqlite_url: str, number: str
) -> None:
    async with running_service(sqlite_url) as service:
        body = f'{{"method": "text", "expires_in": {number}}}'
        response = await service.web_app().ask("POST", content=body, headers=JSON)
        assert response.status_code in (400, 422)
        problem(response, "malformed" if response.status_code == 400 else "invalid")
        assert service.count("verifications") == 0


@pytest.mark.parametrize("action", ["resend", "cancel", "redeem"])
async def test_a_call_without_members_refuses_any_member(sqlite_url: str, action: str) -> None:
    async with running_service(sqlite_url) as service:
        shop = service.web_app()
        opened = await shop.open()
        path = f"/{opened['id']}/{action}"
        for body, member in ((b'{"code": "1"}', "code"), (b"[]", "body"), (b"null", "body")):
            assert invalid_members(await shop.ask("POST", path, content=body)) == {member}
        for body in (b"x", b"{} {}", b'{"code'):
            problem(await shop.ask("POST", path, content=body), "malformed")
        problem(await shop.ask("POST", path, content=b" " * 16_385), "too_large")
        problem(await shop.ask("POST", path, content=more_than_16_kib()), "too_large")
        assert (await shop.show(opened["id"]))["status"] == "pending"


@pytest.mark.parametrize("call", ["resend", "cancel", "redeem"])
async def test_a_call_without_members_accepts_only_an_empty_object(
    sqlite_url: str, call: str
) -> None:
    async with running_service(sqlite_url) as service:
        shop = service.web_app()
        opened = await shop.open()
        for body in (b'{"code": "123456"}', b"[]", b"null", b"x"):
            response = await shop.ask("POST", f"/{opened['id']}/{call}", content=body)
            assert response.status_code in (400, 422)
        for body in (b"", b"{}", b" {} "):
            response = await shop.ask("POST", f"/{opened['id']}/{call}", content=body)
            assert response.status_code in (200, 409)


@pytest.mark.parametrize("length", ["16385", "99999999999999999999", "-1", "x", "1e3", "0x10"])
async def test_a_bad_content_length_is_too_large(sqlite_url: str, length: str) -> None:
    async with running_service(sqlite_url) as service:
        headers = JSON | {"Content-Length": length}
        problem(await service.web_app().ask("POST", content=b"{}", headers=headers), "too_large")


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "Application/JSON", "application/json ;q=1"]
)
async def test_the_json_media_type_may_have_parameters(sqlite_url: str, media_type: str) -> None:
    async with running_service(sqlite_url) as service:
        headers = {"Content-Type": media_type}
        response = await service.web_app().ask(
            "POST", content=b'{"method": "text"}', headers=headers
        )
        expect(response, 201)


async def test_a_body_over_16_kib_is_too_large(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        shop, most = service.web_app(), b'{"method": "text"}'.ljust(16 * 1024)
        expect(await shop.ask("POST", content=most, headers=JSON), 201)
        response = await shop.ask("POST", content=most + b" ", headers=JSON)
        assert problem(response, "too_large") == {}
        problem(await shop.ask("POST", content=more_than_16_kib(), headers=JSON), "too_large")
        problem(
            await shop.ask("POST", f"{UNKNOWN}/check", content=most * 2, headers=JSON),
            "too_large",
        )


@pytest.mark.parametrize(
    "media_type",
    [
        *(None, "", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"),
        *("application/jsonp", "json", "*/*"),
    ],
)
async def test_any_media_type_but_json_is_unsupported(
    sqlite_url: str, media_type: str | None
) -> None:
    async with running_service(sqlite_url) as service:
        headers = {"Content-Type": media_type} if media_type is not None else {}
        for path in ("", f"{UNKNOWN}/check"):
            response = await service.web_app().ask("POST", path, content=b"{}", headers=headers)
            assert problem(response, "unsupported_media_type") == {}
