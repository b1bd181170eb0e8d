"""Only this machine and its own pages may call the sandbox, and `serve` does not have it."""

import httpx
import pytest

from tests.harness.running_sandbox import PHONE, URL, RunningSandbox, running_sandbox
from tests.harness.running_service import running_service
from webhooks.sandbox.guard import is_loopback, is_same_origin

CALLS = [
    ("POST", "/sandbox/texts"),
    ("GET", "/sandbox/messages"),
    ("POST", "/sandbox/clock"),
    ("POST", "/sandbox/v2/messages"),
    ("GET", "/sandbox/v2/nothing"),
    ("OPTIONS", "/sandbox/texts"),
    ("GET", "/sandbox/nothing"),
    ("GET", "/sandbox"),
    ("GET", "/sandbox/static/page.js"),
    ("POST", "/sandbox/faults"),
]


async def ask(
    sandbox: RunningSandbox, call: tuple[str, str], headers: dict[str, str]
) -> httpx.Response:
    method, path = call
    body = {"from": PHONE, "text": "LOGIN"}
    return await sandbox.http.request(method, path, json=body, headers=headers)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "sandbox.example"},
        {"Host": "127.0.0.1.sandbox.example:8000"},
        {"Host": "192.168.0.7:8000"},
        {"Host": ""},
        {"Origin": "https://sandbox.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "http://127.0.0.1:8001"},
    ],
)
async def test_a_call_for_another_host_or_from_another_origin_is_forbidden(
    call: tuple[str, str], headers: dict[str, str]
) -> None:
    async with running_sandbox() as sandbox:
        response = await ask(sandbox, call, headers)
        assert response.status_code == response.json()["status"] == 403
        assert response.json()["type"] == "urn:textlogin:problem:forbidden"
        assert response.headers["content-type"] == "application/problem+json"
        assert (await sandbox.http.get("/sandbox/messages")).json()["data"] == []
        assert not sandbox.has_unread_webhooks


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": URL},
        {"Host": "localhost:8000", "Origin": "http://localhost:8000"},
        {"Host": "LocalHost"},
        {"Host": "[::1]:9000", "Origin": "http://[::1]:9000"},
    ],
)
async def test_this_machine_and_its_own_pages_may_call(headers: dict[str, str]) -> None:
    async with running_sandbox() as sandbox:
        assert (await ask(sandbox, CALLS[0], headers)).status_code == 202


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:80", "127.8.9.1", "[::1]"])
def test_a_loopback_host_is_recognised(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "localhost.example", "me@127.0.0.1", "127.0.0.1:x", "127.1", "10.0.0.1", "[::2]", "::1"],
)
def test_any_other_host_is_not(host: str) -> None:
    assert not is_loopback(host)


def test_an_origin_with_the_default_port_is_the_same_without_it() -> None:
    assert is_same_origin("http://localhost", "http", "localhost:80")
    assert is_same_origin("http://localhost:80", "http", "localhost")
    assert not is_same_origin("https://localhost", "http", "localhost")


async def test_serve_has_no_sandbox(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        for method, path in CALLS:
            response = await service.http.request(method, path, json={"advance": 1})
            assert response.status_code == 404
