"""Cookies, origins, headers, bodies and languages: what holds for every page."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.harness.clock import HOUR_MS
from tests.harness.person import HOST, Person, person
from tests.harness.phone import PHONE
from tests.harness.running_service import running_service

# -- the cookie ------------------------------------------------------------------------------------


async def test_the_cookie_is_bound_to_the_host_and_kept_from_scripts(sqlite_url: str) -> None:
    async with person(sqlite_url) as (_service, browser):
        answer = await browser.enter(PHONE)
        name, _, rest = answer.headers["set-cookie"].partition("=")
        assert name == "__Host-textlogin"
        assert rest.partition(";")[2] == " Path=/; Secure; HttpOnly; SameSite=Lax"


async def test_the_cookie_is_new_after_each_form(sqlite_url: str) -> None:
    async with person(sqlite_url) as (_service, browser):
        seen = []
        for number in ("+14155550123", "+14155550124", "+14155550125"):
            seen.append((await browser.enter(number)).headers["set-cookie"])
        assert len(set(seen)) == 3


async def test_on_loopback_without_tls_the_cookie_has_a_plain_name(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        http = httpx.AsyncClient(
            transport=httpx.ASGITransport(service.app), base_url="http://127.0.0.1:8000"
        )
        async with http:
            answer = await http.post("/request", data={"phone": PHONE})
            assert answer.headers["set-cookie"].startswith("textlogin=")
            assert "Secure" not in answer.headers["set-cookie"]
            assert (await http.get("/verify")).status_code == 200


async def test_with_a_public_address_the_cookie_is_always_secure(sqlite_url: str) -> None:
    async with running_service(sqlite_url, public_url="https://login.example") as service:
        http = httpx.AsyncClient(
            transport=httpx.ASGITransport(service.app), base_url="http://127.0.0.1:8000"
        )
        async with http:  # as behind a proxy that names itself
            answer = await http.post("/request", data={"phone": PHONE})
            assert answer.headers["set-cookie"].startswith("__Host-textlogin=")


async def test_a_cookie_is_good_for_two_hours(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await browser.get("/", lang="de")
        await browser.enter(PHONE)
        service.clock.advance(2 * HOUR_MS)
        await browser.get("/verify")
        assert browser.page.status_code == 400
        assert browser.heading == "Hier läuft keine Anmeldung"


async def test_no_page_holds_a_token_or_an_id(sqlite_url: str) -> None:
    async with person(sqlite_url) as (_service, browser):
        for fields in ({"phone": PHONE}, {}):
            await browser.post("/request", **fields)
            assert not re.search("ver_|poll_", browser.page.text)


async def test_the_cookie_of_a_refused_number_reads_like_any_other(sqlite_url: str) -> None:
    async with person(sqlite_url) as (service, browser):
        await service.phone().text("STOP")
        lengths = set()
        for number in (PHONE, "+14155550177"):
            lengths.add(len((await browser.enter(number)).headers["set-cookie"]))
        assert len(lengths) == 1


# -- other sites -----------------------------------------------------------------------------------

SAME = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": f"https://{HOST}"},
    {"Origin": "https://login.example"},
    {},
]
OTHER = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": f"https://{HOST}"},
    {"Origin": "https://evil.example"},
    {"Origin": f"https://{HOST}.evil.example"},
    {"Origin": "null"},
]


@pytest.mark.parametrize("path", ["/request", "/verify", "/verify/resend", "/verify/confirm"])
async def test_forms_of_other_sites_are_refused(sqlite_url: str, path: str) -> None:
    async with running_service(sqlite_url, public_url="https://login.example") as service:
        for headers, refused in [(one, False) for one in SAME] + [(one, True) for one in OTHER]:
            browser = Person(service)
            del browser.http.headers["Sec-Fetch-Site"]
            async with browser.http as http:
                answer = await http.post(path, headers=headers, data={"phone": PHONE})
                assert (answer.status_code == 403) == refused, headers
        assert service.count("messages") == (1 if path == "/request" else 0)


# -- bodies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"data": {"phone": "1" * 17_000}}, 413),
        ({"json": {"phone": PHONE}}, 415),
        ({"files": {"phone": b"1"}}, 415),
        ({"data": {str(number): "" for number in range(30)}}, 400),
    ],
)
async def test_a_body_that_is_no_short_form_is_refused(
    sqlite_url: str, arguments: dict[str, Any], status: int
) -> None:
    async with person(sqlite_url) as (service, browser):
        for path in ("/request", "/verify"):
            answer = await browser.http.post(path, **arguments)
            assert answer.status_code == status
            assert answer.headers["content-type"].startswith("text/html")
        assert service.count("verifications") == 0


async def test_values_are_escaped(sqlite_url: str) -> None:
    async with person(sqlite_url, app_name="<b>&co") as (_service, browser):
        await browser.enter('"><script>alert(1)</script>')
        assert "<script>alert" not in browser.page.text
        assert "<b>&co" not in browser.page.text


# -- headers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("framed", [False, True])
async def test_pages_are_not_cached_framed_or_scripted_from_elsewhere(
    sqlite_url: str, framed: bool
) -> None:
    async with running_service(sqlite_url, frame_own_pages=framed) as service:
        browser = Person(service)
        async with browser.http:
            for page in ("/", "/verify"):
                headers = (await browser.http.get(page)).headers
                assert headers["cache-control"] == "no-store"
                assert headers["x-content-type-options"] == "nosniff"
                assert headers["referrer-policy"] == "same-origin"
                policy = headers["content-security-policy"]
                assert "unsafe" not in policy
                assert f"frame-ancestors {chr(39)}{'self' if framed else 'none'}" in policy


async def test_the_stylesheet_and_the_script_are_kept_by_browsers(sqlite_url: str) -> None:
    async with person(sqlite_url, accent_color="#8a1c5c") as (_service, browser):
        await browser.get("/")
        total = len(browser.page.content)
        for url in re.findall(r"(/pages\.(?:css|js)\?v=[0-9a-f]{12})", browser.page.text):
            answer = await browser.http.get(url)
            assert "immutable" in answer.headers["cache-control"]
            total += len(answer.content)
            if ".css" in url:
                assert "--accent:#8a1c5c" in answer.text
        assert total < 30_000


async def test_the_pages_can_be_switched_off(sqlite_url: str) -> None:
    async with person(sqlite_url, pages="off") as (_service, browser):
        for path in ("/", "/verify", "/pages.css"):
            answer = await browser.http.get(path)
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"


async def test_what_the_operator_sets_is_on_the_pages(sqlite_url: str) -> None:
    settings = {
        "app_name": "Acme",
        "support_contact": "help@acme.example",
        "privacy_url": "https://acme.example/privacy",
        "terms_url": "https://acme.example/terms",
    }
    async with person(sqlite_url, **settings) as (_service, browser):
        await browser.get("/")
        for value in settings.values():
            assert value in browser.page.text
        assert "Message and data rates may apply." in browser.words


async def test_a_code_names_the_host_on_which_it_is_typed(sqlite_url: str) -> None:
    async with person(sqlite_url, public_url="https://login.example") as (service, browser):
        await browser.enter(PHONE)
        assert re.search(r"\n@login\.example #[0-9]{6}$", await service.phone().reads())


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost"])
async def test_a_code_for_a_page_over_http_names_no_host(sqlite_url: str, url: str) -> None:
    async with person(sqlite_url, public_url=url) as (service, browser):
        await browser.enter(PHONE)
        assert "@" not in await service.phone().reads()
