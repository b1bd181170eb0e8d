"""Each problem that the contract names, made by a real request; all have one shape."""

import re
from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.harness.lifespan import lifespan
from tests.harness.phone import PHONE
from tests.harness.problems import problem
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import PUBLIC_KEY, make_settings
from tests.harness.telnyx_events import text_event
from webhooks.app import create_app
from webhooks.http.problems import PROBLEMS

#: An id in the right format, of no verification.
UNKNOWN = "/ver_" + "0" * 47
JSON = {"Content-Type": "application/json"}


async def _malformed(service: RunningService) -> httpx.Response:
    return await service.web_app().ask("POST", content=b"{", headers=JSON)


async def _unauthorized(service: RunningService) -> httpx.Response:
    return await service.web_app("nobody's").ask("GET", UNKNOWN)


async def _forbidden(service: RunningService) -> httpx.Response:
    opened = await service.web_app().open()
    return await service.web_app(opened["poll_token"]).ask("POST", json={"method": "text"})


async def _signature(service: RunningService) -> httpx.Response:
    return await service.post(text_event("LOGIN"), {})


async def _not_found(service: RunningService) -> httpx.Response:
    return await service.web_app().ask("GET", UNKNOWN)


async def _method_not_allowed(service: RunningService) -> httpx.Response:
    return await service.web_app().ask("DELETE", UNKNOWN)


async def _over(service: RunningService) -> httpx.Response:
    opened = await service.web_app().open()
    await service.web_app().cancel(opened["id"])
    return await service.web_app().cancel(opened["id"])


async def _no_code(service: RunningService) -> httpx.Response:
    opened = await service.web_app().open()
    return await service.web_app().resend(opened["id"])


async def _too_large(service: RunningService) -> httpx.Response:
    return await service.web_app().ask("POST", content=b" " * 16_385, headers=JSON)


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


async def _headers_too_large(service: RunningService) -> httpx.Response:
    return await service.web_app().ask("GET", UNKNOWN, headers={"X": "x" * 16_384})


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
    "limited": (_limited, {"limit", "retry_after", "verification_id"}, {"retry-after"}),
    "headers_too_large": (_headers_too_large, set(), {"connection"}),
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


def test_every_problem_is_covered_by_a_request() -> None:
    """`timeout` takes ten seconds: tests/webhooks/ops/test_connection.py makes it."""
    assert set(MADE) | {"internal", "timeout"} == set(PROBLEMS)


async def test_an_internal_error_reveals_nothing(sqlite_url: str) -> None:
    async def breaks(request: Request) -> Response:
        raise RuntimeError("SELECT secret FROM somewhere")

    settings = make_settings(sqlite_url, PUBLIC_KEY, log_level="error")
    app = create_app(settings, extra_routes=[Route("/breaks", breaks)])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with lifespan(app), httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        response = await http.get("/breaks")
    assert problem(response, "internal") == {}
    assert "secret" not in response.text
    assert len(response.headers.get_list("x-request-id")) == 1


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
            await shop.resend(opened["id"]),
            await shop.cancel(opened["id"]),
            await shop.redeem(opened["id"]),
        ):
            assert problem(response, "unavailable") == {}
            assert int(response.headers["retry-after"]) > 0
        assert await shop.show(opened["id"])


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
