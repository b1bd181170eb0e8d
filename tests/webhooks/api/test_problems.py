"""Each problem that the contract names, made by a real request, with the members it promises."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import jsonschema_rs
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.harness.lifespan import lifespan
from tests.harness.phone import OTHER_PHONE, PHONE, wrong_code
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import make_settings
from tests.harness.telnyx_events import text_event
from tests.harness.web_app import expect
from webhooks.api.openapi import document
from webhooks.app import create_app
from webhooks.http.problems import PROBLEMS

_DOCUMENT = document()
_PROBLEM = jsonschema_rs.Draft202012Validator(_DOCUMENT["components"]["schemas"]["Problem"])
_COMMON = {"type", "title", "status", "detail"}
_NOBODYS = "/ver_" + "0" * 47
_JSON = {"Content-Type": "application/json"}
_ADDRESS = "203.0.113.9"


def problem(response: httpx.Response, name: str) -> dict[str, Any]:
    """What this problem says beside what all of them say."""
    status, title = PROBLEMS[name]
    assert response.headers["content-type"] == "application/problem+json"
    body = expect(response, status)
    _PROBLEM.validate(body)
    assert body["type"] == f"urn:textlogin:problem:{name}"
    assert (body["title"], body["status"]) == (title, status)
    assert body["detail"].endswith(".") or name == "invalid"
    return {member: value for member, value in body.items() if member not in _COMMON}


def wrong_members(response: httpx.Response) -> set[str]:
    (errors,) = problem(response, "invalid").values()
    assert all(set(error) == {"member", "detail"} and error["detail"] for error in errors)
    return {error["member"] for error in errors}


# -- one by one ------------------------------------------------------------------------------------


async def _malformed(service: RunningService) -> httpx.Response:
    return await service.web_app().ask("POST", content=b"{", headers=_JSON)


async def _unauthorized(service: RunningService) -> httpx.Response:
    return await service.web_app("nobody's").ask("GET", _NOBODYS)


async def _forbidden(service: RunningService) -> httpx.Response:
    opened = await service.web_app().open()
    return await service.web_app(opened["poll_token"]).ask("POST", json={"method": "text"})


async def _signature(service: RunningService) -> httpx.Response:
    return await service.post(text_event("LOGIN"), {})


async def _not_found(service: RunningService) -> httpx.Response:
    return await service.web_app().ask("GET", _NOBODYS)


async def _method_not_allowed(service: RunningService) -> httpx.Response:
    return await service.web_app().ask("DELETE", _NOBODYS)


async def _over(service: RunningService) -> httpx.Response:
    opened = await service.web_app().open()
    await service.web_app().ask("POST", f"/{opened['id']}/cancel")
    return await service.web_app().ask("POST", f"/{opened['id']}/cancel")


async def _no_code(service: RunningService) -> httpx.Response:
    opened = await service.web_app().open()
    return await service.web_app().ask("POST", f"/{opened['id']}/resend")


async def _too_large(service: RunningService) -> httpx.Response:
    return await service.web_app().ask("POST", content=b" " * 16_385, headers=_JSON)


async def _unsupported(service: RunningService) -> httpx.Response:
    return await service.web_app().ask("POST", content=b"method=text")


async def _invalid(service: RunningService) -> httpx.Response:
    return await service.web_app().ask("POST", json={"method": "fax"})


async def _mismatch(service: RunningService) -> httpx.Response:
    headers = {"Idempotency-Key": "k"}
    await service.web_app().ask("POST", json={"method": "text"}, headers=headers)
    other = {"method": "text", "reference": "other"}
    return await service.web_app().ask("POST", json=other, headers=headers)


async def _limited(service: RunningService) -> httpx.Response:
    await service.web_app().create(method="sms", phone_number=PHONE)
    return await service.web_app().ask("POST", json={"method": "sms", "phone_number": PHONE})


async def _unavailable(service: RunningService) -> httpx.Response:
    await service.writer.stop()
    return await service.web_app().ask("POST", json={"method": "text"})


MADE: dict[
    str, tuple[Callable[[RunningService], Awaitable[httpx.Response]], set[str], set[str]]
] = {
    "malformed": (_malformed, set(), set()),
    "unauthorized": (_unauthorized, set(), {"www-authenticate"}),
    "forbidden": (_forbidden, set(), set()),
    "signature": (_signature, set(), set()),
    "not_found": (_not_found, set(), set()),
    "method_not_allowed": (_method_not_allowed, set(), {"allow"}),
    "over": (_over, {"verification_status"}, set()),
    "no_code": (_no_code, set(), set()),
    "too_large": (_too_large, set(), set()),
    "unsupported_media_type": (_unsupported, set(), set()),
    "invalid": (_invalid, {"errors"}, set()),
    "idempotency_mismatch": (_mismatch, set(), set()),
    "limited": (_limited, {"limit", "retry_after"}, {"retry-after"}),
    "unavailable": (_unavailable, set(), {"retry-after"}),
}


@pytest.mark.parametrize("name", MADE)
async def test_each_problem_is_made_by_a_request(sqlite_url: str, name: str) -> None:
    make, members, headers = MADE[name]
    async with running_service(sqlite_url) as service:
        response = await make(service)
        assert set(problem(response, name)) == members
        assert headers <= set(response.headers.keys())
        if "retry-after" in headers:
            assert re.fullmatch("[1-9][0-9]*", response.headers["retry-after"])


def test_every_problem_has_such_a_request() -> None:
    assert set(MADE) | {"internal"} == set(PROBLEMS)


async def test_an_internal_error_reveals_nothing(sqlite_url: str) -> None:
    async def breaks(request: Request) -> Response:
        raise RuntimeError("SELECT secret FROM somewhere")

    settings = make_settings(sqlite_url, "A" * 43 + "=", log_level="error")
    app = create_app(settings, extra_routes=[Route("/breaks", breaks)])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with lifespan(app), httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        response = await http.get("/breaks")
    assert problem(response, "internal") == {}
    assert "secret" not in response.text
    assert len(response.headers.get_list("x-request-id")) == 1


# -- what is wrong with a body ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"\x00",
        b'{"method": "text"}\x00',
        b'{"method": "te\x00xt"}',
        b'{"method": "text"\x00}',
        b'\xef\xbb\xbf{"method": "text"}',
        '{"method": "text"}'.encode("utf-16"),
        b'{"method": "\xc3\x28"}',
        b'{"method": "\xed\xa0\x80"}',
        b'{"requester": ' * 1_100,
        b'{"requester": ' * 1_000 + b"1" + b"}" * 1_000,
        b"[" * 8_000 + b"]" * 8_000,
        b"{'method': 'text'}",
        b'{"method": "text",}',
        b'{"method": "text"}{"method": "text"}',
        b"// nothing\n{}",
    ],
)
async def test_an_undecodable_body_is_malformed(sqlite_url: str, body: bytes) -> None:
    async with running_service(sqlite_url) as service:
        for path in ("", f"{_NOBODYS}/check"):
            response = await service.web_app().ask("POST", path, content=body, headers=_JSON)
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
        response = await service.web_app().ask("POST", content=body, headers=_JSON)
        assert response.status_code in (400, 422)
        problem(response, "malformed" if response.status_code == 400 else "invalid")
        assert service.count("verifications") == 0


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
        assert wrong_members(await service.web_app().ask("POST", json=body)) == members
        assert service.count("verifications") == 0


async def test_of_a_hundred_unknown_members_twenty_are_listed(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        body = {"method": "text"} | {f"m{number}": 1 for number in range(100)}
        response = await service.web_app().ask("POST", json=body)
        assert len(wrong_members(response)) == 20
        assert len(response.content) < 4096


@pytest.mark.parametrize("action", ["resend", "cancel", "redeem"])
async def test_a_call_without_members_refuses_any_member(sqlite_url: str, action: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 1024

    async with running_service(sqlite_url) as service:
        shop = service.web_app()
        opened = await shop.open()
        path = f"/{opened['id']}/{action}"
        for body, member in ((b'{"code": "1"}', "code"), (b"[]", "body"), (b"null", "body")):
            assert wrong_members(await shop.ask("POST", path, content=body)) == {member}
        for body in (b"x", b"{} {}", b'{"code'):
            problem(await shop.ask("POST", path, content=body), "malformed")
        problem(await shop.ask("POST", path, content=b" " * 16_385), "too_large")
        problem(await shop.ask("POST", path, content=chunks()), "too_large")
        assert (await shop.show(opened["id"]))["status"] == "pending"


@pytest.mark.parametrize("length", ["16385", "99999999999999999999", "-1", "x", "1e3", "0x10"])
async def test_a_bad_content_length_is_too_large(sqlite_url: str, length: str) -> None:
    async with running_service(sqlite_url) as service:
        headers = _JSON | {"Content-Length": length}
        problem(await service.web_app().ask("POST", content=b"{}", headers=headers), "too_large")


@pytest.mark.parametrize(
    "media_type", ["application/x-www-form-urlencoded", "application/jsonp", "json", "*/*"]
)
async def test_a_media_type_similar_to_json_is_unsupported(
    sqlite_url: str, media_type: str
) -> None:
    async with running_service(sqlite_url) as service:
        headers = {"Content-Type": media_type}
        response = await service.web_app().ask(
            "POST", content=b'{"method": "text"}', headers=headers
        )
        assert problem(response, "unsupported_media_type") == {}


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


# -- the same request again ------------------------------------------------------------------------


async def test_a_key_of_another_request_opens_nothing_and_keeps_its_verification(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        shop, headers = service.web_app(), {"Idempotency-Key": "k"}
        first = expect(await shop.ask("POST", json={"method": "text"}, headers=headers), 201)
        sms = {"method": "sms", "phone_number": PHONE}
        response = await shop.ask("POST", json=sms, headers=headers)
        assert problem(response, "idempotency_mismatch") == {}
        again = expect(await shop.ask("POST", json={"method": "text"}, headers=headers), 201)
        assert again == first
        assert await service.phone().unread() == []


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "\x7f"])
async def test_a_key_that_is_none_is_named(sqlite_url: str, key: str) -> None:
    async with running_service(sqlite_url) as service:
        headers = [(b"Idempotency-Key", key.encode("latin-1"))]
        response = await service.http.post(
            "/v1/verifications",
            json={"method": "text"},
            headers=[*headers, (b"Authorization", b"Bearer " + b"s" * 40)],
        )
        assert wrong_members(response) == {"Idempotency-Key"}


# -- how it ended, and for how long ----------------------------------------------------------------


async def _approved(service: RunningService) -> str:
    sent = await service.web_app().create(method="sms", phone_number=PHONE)
    expect(await service.web_app().check(sent["id"], await service.phone().code()), 200)
    return str(sent["id"])


async def _canceled(service: RunningService) -> str:
    sent = await service.web_app().create(method="sms", phone_number=PHONE)
    expect(await service.web_app().ask("POST", f"/{sent['id']}/cancel"), 200)
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
        said = {"verification_status": status}
        assert problem(await shop.ask("POST", f"/{id}/resend"), "over") == said
        assert problem(await shop.ask("POST", f"/{id}/cancel"), "over") == said
        assert problem(await shop.check(id, "123456"), "over") == said
        if status != "approved":
            assert problem(await shop.redeem(id), "over") == said
        assert (await shop.show(id))["status"] == status


async def test_a_pending_verification_is_not_redeemed(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        opened = await service.web_app().open()
        response = await service.web_app().redeem(opened["id"])
        assert problem(response, "over") == {"verification_status": "pending"}


async def test_a_resend_in_the_cooldown_is_limited(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        service.clock.advance(500)
        for bearer in (shop, service.web_app(sent["poll_token"])):
            response = await bearer.ask("POST", f"/{sent['id']}/resend")
            members = problem(response, "limited")
            assert members == {"limit": "resend_cooldown", "retry_after": 60}
            assert response.headers["retry-after"] == "60"
        service.clock.advance(60_000)
        expect(await shop.ask("POST", f"/{sent['id']}/resend"), 200)


@pytest.mark.parametrize(
    ("limit", "size", "seconds"),
    [("codes_per_10_min", 2, 600), ("codes_per_hour", 2, 3_600), ("codes_per_day", 2, 86_400)],
)
async def test_each_limit_of_a_phone_is_named(
    sqlite_url: str, limit: str, size: int, seconds: int
) -> None:
    settings: dict[str, Any] = {limit: size}
    async with running_service(sqlite_url, resend_cooldown=0, **settings) as service:
        for _ in range(size):
            await service.web_app().create(method="sms", phone_number=PHONE)
        response = await service.web_app().ask(
            "POST", json={"method": "sms", "phone_number": PHONE}
        )
        members = problem(response, "limited")
        assert members == {"limit": limit, "retry_after": seconds}
        assert response.headers["retry-after"] == str(seconds)


async def test_the_limit_of_an_address_is_named_without_the_address(database_url: str) -> None:
    async with running_service(database_url, codes_per_ip_hour=1) as service:
        shop = service.web_app()
        body: dict[str, Any] = {"method": "sms", "requester": {"ip": _ADDRESS}}
        await shop.create(phone_number=PHONE, **body)
        service.clock.advance(1_000)
        response = await shop.ask("POST", json=body | {"phone_number": OTHER_PHONE})
        members = problem(response, "limited")
        assert members == {"limit": "codes_per_ip_hour", "retry_after": 3_599}
        assert response.headers["retry-after"] == "3599"
        assert _ADDRESS not in response.text
        await shop.create(method="sms", phone_number=OTHER_PHONE)


async def test_resends_of_a_browser_are_counted_by_its_address(sqlite_url: str) -> None:
    async with running_service(sqlite_url, codes_per_ip_hour=1, resend_cooldown=0) as service:
        shop = service.web_app()
        sent = await shop.create(method="sms", phone_number=PHONE)
        browser = service.web_app(sent["poll_token"])
        expect(await browser.ask("POST", f"/{sent['id']}/resend"), 200)
        response = await browser.ask("POST", f"/{sent['id']}/resend")
        assert problem(response, "limited")["limit"] == "codes_per_ip_hour"
        expect(await shop.ask("POST", f"/{sent['id']}/resend"), 200)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", ""), ("GET", "?phone_number=4155550123"), ("POST", "/{}/redeem")]
)
async def test_a_poll_token_may_not_create_list_or_redeem(
    sqlite_url: str, method: str, path: str
) -> None:
    async with running_service(sqlite_url) as service:
        opened = await service.web_app().open()
        browser = service.web_app(opened["poll_token"])
        response = await browser.ask(method, path.format(opened["id"]), json={"method": "text"})
        assert problem(response, "forbidden") == {}


async def test_without_a_writer_every_call_answers_503_with_retry_after(
    sqlite_url: str,
) -> None:
    async with running_service(sqlite_url) as service:
        shop = service.web_app()
        opened = await shop.open()
        await service.writer.stop()
        for response in (
            await shop.ask("POST", json={"method": "text"}),
            await shop.check(opened["id"], "123456"),
            await shop.ask("POST", f"/{opened['id']}/resend"),
            await shop.ask("POST", f"/{opened['id']}/cancel"),
            await shop.redeem(opened["id"]),
        ):
            assert problem(response, "unavailable") == {}
            assert int(response.headers["retry-after"]) > 0
        assert await shop.show(opened["id"])
