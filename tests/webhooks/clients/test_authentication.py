"""Bearers: API keys, poll tokens, and requests that have neither."""

import pytest

from tests.harness.problems import problem
from tests.harness.running_service import running_service
from tests.harness.web_app import expect

#: An id in the right format, of no verification.
UNKNOWN = "/ver_" + "0" * 47


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


@pytest.mark.parametrize(
    "bearer",
    ["", "x", "shop:", "s" * 39, "shop:" + "o" * 40, "poll_x", "poll_" + "g" * 64, "é" * 40,
     "s" * 300],
)  # fmt: skip
async def test_an_unknown_bearer_is_unauthorized(sqlite_url: str, bearer: str) -> None:
    async with running_service(sqlite_url) as service:
        headers = [(b"Authorization", b"Bearer " + bearer.encode("latin-1"))]
        for method, path in (
            ("POST", ""), ("GET", "?phone_number=1"), ("GET", UNKNOWN),
            ("POST", f"{UNKNOWN}/check"), ("POST", f"{UNKNOWN}/redeem"),
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


async def test_stand_alone_logins_are_shown_to_those_who_accept_them_alone(
    sqlite_url: str,
) -> None:
    """In `API_KEYS`, `:sms_reply` after the pair says so."""
    plain, standalone = "plain:" + "p" * 40, "alone:" + "a" * 40
    keys = f"{plain},{standalone}:sms_reply"
    async with running_service(sqlite_url, api_keys=keys) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        app, other = service.web_app(standalone), service.web_app(plain)
        (login,) = await app.find()
        assert await other.find() == []
        problem(await other.ask("GET", f"/{login['id']}"), "not_found")
        problem(await other.redeem(login["id"]), "not_found")
        expect(await app.redeem(login["id"]), 200)
        for bearer in (standalone.partition(":")[2], f"{standalone}:sms_reply"):
            assert len(await service.web_app(bearer).find()) == 1
