"""Who may use the operators' port."""

import httpx
import pytest

from webhooks.operations.app import create_operations
from webhooks.ops.counts import Family, gauge

HOST = "metrics.example"
TOKEN = "t" * 32


async def collect() -> list[Family]:
    return [gauge("textlogin_waiters", "Polls and streams that wait", 3)]


def client(token: str | None = None) -> httpx.AsyncClient:
    app = create_operations(collect, host=HOST, token=token)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:9100")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:9100", "localhost:9100", "LOCALHOST", "[::1]:9100", HOST, f"{HOST}:1"],
)
async def test_loopback_and_the_configured_host_are_served(host: str) -> None:
    async with client() as http:
        answer = await http.get("/metrics", headers={"Host": host})

    assert answer.status_code == 200
    assert "textlogin_waiters 3.0" in answer.text


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1:9100",
        "",
        "127.0.0.1:x",
        "[::1]x",
        "::1",
        "[127.0.0.1]",
    ],
)
async def test_a_name_that_somebody_else_owns_is_refused(host: str) -> None:
    async with client() as http:
        answer = await http.get("/metrics", headers={"Host": host})

    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:textlogin:problem:forbidden"


@pytest.mark.parametrize("given", [None, "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN])
async def test_without_the_token_nothing_is_told(given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    async with client(TOKEN) as http:
        answer = await http.get("/metrics", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "textlogin_waiters" not in answer.text


async def test_with_the_token_metrics_are_served() -> None:
    async with client(TOKEN) as http:
        answer = await http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.status_code == 200


async def test_every_answer_has_a_request_id() -> None:
    async with client() as http:
        answers = [await http.get(path) for path in ("/metrics", "/nothing")]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert all(answer.headers["x-request-id"] for answer in answers)
