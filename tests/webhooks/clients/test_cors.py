"""CORS: which origins may call the API, what they may send, which headers they may read."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.harness.asgi_request import AsgiRequest
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import SHOP
from webhooks.clients.cors import Cors

APP = "https://app.example"
ORIGINS: dict[str, Any] = {"cors_origins": (APP, "http://127.0.0.1:5173")}
_EXPOSED = {"etag", "location", "retry-after", "x-request-id"}
_SENT = {"authorization", "content-type", "idempotency-key", "if-none-match", "last-event-id"}


def items(value: str) -> set[str]:
    return {word.strip().lower() for word in value.split(",")}


async def preflight(
    service: RunningService,
    path: str,
    origin: str,
    method: str = "GET",
    headers: str = "authorization",
) -> httpx.Response:
    preflight_headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as http:
        return await http.options(path, headers=preflight_headers)


def is_open_to(answered: Mapping[str, str], origin: str) -> bool:
    """Whether a page of this origin may read it; never with cookies, never by a wildcard."""
    assert "access-control-allow-credentials" not in answered
    assert answered.get("access-control-allow-origin", origin) == origin
    allowed = "access-control-allow-origin" in answered
    if allowed:
        assert "origin" in items(answered["vary"])
    return allowed


@pytest.mark.parametrize("origin", ORIGINS["cors_origins"])
@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/v1/verifications", "POST"),
        ("/v1/verifications/ver_1", "GET"),
        ("/v1/verifications/ver_1/events", "GET"),
        ("/v1/verifications/ver_1/check", "POST"),
    ],
)
async def test_a_preflight_of_an_allowed_origin_is_allowed(
    sqlite_url: str, origin: str, path: str, method: str
) -> None:
    async with running_service(sqlite_url, **ORIGINS) as service:
        answer = await preflight(service, path, origin, method, ", ".join(sorted(_SENT)))
        assert answer.status_code in (200, 204)
        assert is_open_to(answer.headers, origin)
        assert items(answer.headers["access-control-allow-methods"]) == {"get", "post"}
        assert items(answer.headers["access-control-allow-headers"]) >= _SENT
        assert int(answer.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example", "null", "http://app.example", "https://app.example:444"),
        *("https://app.example.evil.example", "https://sub.app.example", "https://app.exampleX"),
        *("https://app.example/", "HTTPS://APP.EXAMPLE", ""),
    ],
)
async def test_another_origin_is_refused_and_may_read_nothing(sqlite_url: str, origin: str) -> None:
    async with running_service(sqlite_url, **ORIGINS) as service:
        answer = await preflight(service, "/v1/verifications/ver_1", origin)
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:textlogin:problem:forbidden"
        assert not is_open_to(answer.headers, origin)
        opened = await service.web_app().open()
        for path in ("", "/events", "/qr.svg"):
            request = AsgiRequest(service.app, opened["id"] + path, "nobody", {"Origin": origin})
            assert not is_open_to((await request.done()).response_headers, origin)


async def test_without_the_setting_every_origin_is_refused(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        assert (await preflight(service, "/v1/verifications/ver_1", APP)).status_code == 403


@pytest.mark.parametrize(
    ("method", "headers"), [("DELETE", "authorization"), ("GET", "x-anything"), ("PUT", "")]
)
async def test_a_preflight_for_another_method_or_header_is_refused(
    sqlite_url: str, method: str, headers: str
) -> None:
    async with running_service(sqlite_url, **ORIGINS) as service:
        answer = await preflight(service, "/v1/verifications", APP, method, headers)
        assert answer.status_code == 403
        assert answer.json()["type"] == "urn:textlogin:problem:forbidden"


async def test_every_preflight_has_a_request_id(sqlite_url: str) -> None:
    async with running_service(sqlite_url, **ORIGINS) as service:
        for origin in (APP, "https://evil.example"):
            answer = await preflight(service, "/v1/verifications/ver_1", origin)
            assert len(answer.headers.get_list("x-request-id")) == 1


async def test_an_allowed_page_may_read_answers_and_their_headers(
    database_url: str,
) -> None:
    async with running_service(database_url, **ORIGINS) as service:
        shop, origin = service.web_app(), {"Origin": APP}
        created = await shop.ask("POST", json={"method": "text"}, headers=origin)
        path = f"/{created.json()['id']}"
        answers = [
            created,
            await shop.ask("GET", path, headers=origin),
            await shop.ask("GET", path, headers={**origin, "If-None-Match": "*"}),
            await shop.ask("GET", f"{path}?wait=25", headers={**origin, "If-None-Match": '"x"'}),
            await shop.ask("POST", f"{path}/cancel", headers=origin),
            await shop.ask("GET", f"{path}/events", headers=origin),
        ]
        assert [answer.status_code for answer in answers] == [201, 200, 304, 200, 200, 200]
        for answer in answers:
            assert is_open_to(answer.headers, APP)
            assert items(answer.headers["access-control-expose-headers"]) == _EXPOSED


async def test_an_allowed_page_may_read_problems(database_url: str) -> None:
    async with running_service(database_url, max_waiters=1, **ORIGINS) as service:
        shop, origin = service.web_app(), {"Origin": APP}
        opened = await shop.open()
        expected = {
            404: await shop.ask("GET", f"/ver_{'0' * 47}", headers=origin),
            401: await service.web_app("k" * 40).ask("GET", f"/{opened['id']}", headers=origin),
            409: await shop.ask("POST", f"/{opened['id']}/resend", headers=origin),
            422: await shop.ask("POST", json={}, headers=origin),
            415: await shop.ask("POST", headers=origin),
            405: await shop.ask("DELETE", headers=origin),
        }
        poll = AsgiRequest(service.app, f"{opened['id']}?wait=25", SHOP)
        await service.until_waiting(1)
        expected[503] = await shop.ask("GET", f"/{opened['id']}/events", headers=origin)
        await poll.disconnect()
        for status, answer in expected.items():
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
            assert is_open_to(answer.headers, APP)
            assert items(answer.headers["access-control-expose-headers"]) == _EXPOSED


async def test_only_the_api_is_open_to_pages(sqlite_url: str) -> None:
    async with running_service(sqlite_url, **ORIGINS) as service:
        for path in ("/healthz", "/readyz", "/webhooks/telnyx", "/docs"):
            answer = await service.http.get(path, headers={"Origin": APP})
            assert not is_open_to(answer.headers, APP)


async def test_a_page_of_any_origin_may_import_the_module(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        answer = await service.http.get("/client.js", headers={"Origin": "https://any.example"})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


async def test_the_demo_is_open_to_pages_on_loopback_alone(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        app = Cors(service.app, frozenset(), service.clients, loopback=True)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as http:
            for origin, allowed in {
                **dict.fromkeys(("http://localhost:3000", "http://127.0.0.1:5173"), True),
                **dict.fromkeys(("http://localhost", "http://127.0.0.1"), True),
                **dict.fromkeys(("http://localhost.evil.example", "https://localhost:1"), False),
                **dict.fromkeys(("http://evil.example", "http://localhost:x", "null"), False),
            }.items():
                headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
                answer = await http.options("/v1/verifications/ver_1", headers=headers)
                assert (answer.status_code == 200) == allowed, origin
                assert is_open_to(answer.headers, origin) == allowed
