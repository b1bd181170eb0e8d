"""The operator pages, by plain requests: what they show, change and log."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.harness.operations_site import BASE, Desk, desk
from tests.harness.phone import PHONE, wrong_code
from tests.harness.polls import etag, poll
from webhooks.operations.tickets import COOKIE

MASKED = "+1••••••0123"
TOKEN = "t" * 32


async def locked_phone(one: Desk) -> None:
    phone = one.service.phone()
    await phone.text("LOGIN")
    code = await phone.code()
    for _ in range(5):
        await phone.text(wrong_code(code))
    await one.service.idle()


async def test_the_first_page_counts_today_by_region(database_url: str) -> None:
    async with desk(database_url) as one:
        phone = one.service.phone()
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        await one.service.phone("+12025550010").text("LOGIN")
        await one.service.idle()

        page = (await one.http.get("/")).text

    (row,) = re.findall(r"<tr><th scope=\"row\">(.*)</tr>", page)
    assert re.findall(r">([^<>]+)<", f">{row}<") == ["US", "2", "2", "1", "1", "50%"]
    assert "Opted out today" in page
    assert "of 10,000" in page


async def test_a_number_leads_to_its_masked_history(sqlite_url: str) -> None:
    async with desk(sqlite_url) as one:
        await locked_phone(one)
        found = await one.http.get("/find", params={"q": "(415) 555-0123"})
        (id,) = set(re.findall(r"ver_[0-9a-f]{47}", found.text))
        of_one = await one.http.get(f"/verifications/{id}")
        all_about = await one.http.get(f"/phones/{id}")

    for page in (found, of_one, all_about):
        assert page.status_code == 200
        assert MASKED in page.text
        assert "4155550123" not in page.text.replace(f"/phones/{PHONE}", "")
        assert "is locked until" in page.text
    assert "Ended: 5 wrong codes" in of_one.text
    assert PHONE not in of_one.text


@pytest.mark.parametrize("path", ["/find?q=abc", "/verifications/ver_0", "/phones/ver_0"])
async def test_what_is_not_known_is_a_plain_sentence(sqlite_url: str, path: str) -> None:
    async with desk(sqlite_url) as one:
        answer = await one.http.get(path)

    assert answer.status_code == 404
    assert "There is no phone number and no verification like that." in answer.text


async def test_the_number_is_shown_when_asked_for_and_that_is_logged(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with desk(sqlite_url, log_level="info") as one:
        await locked_phone(one)
        answer = await one.post(f"/phones/{PHONE}/reveal")

    assert answer.status_code == 200
    assert f'<span class="phone">{PHONE}</span>' in answer.text
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "action=reveal" in one]
    assert f"phone={MASKED}" in line
    assert "address=127.0.0.1" in line
    assert PHONE not in line


async def test_unlock_and_cancel_take_effect_at_once_and_are_logged(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with desk(database_url, log_level="info") as one:
        await locked_phone(one)
        opened = await one.service.web_app().open()
        waiting = poll(one.service, opened["id"], await etag(one.service, opened["id"]))
        await one.service.until_waiting(1)

        unlocked = await one.post(f"/phones/{PHONE}/unlock")
        canceled = await one.post(f"/verifications/{opened['id']}/cancel")
        again = await one.post(f"/verifications/{opened['id']}/cancel")

        assert (await waiting.done()).json["status"] == "canceled"
        assert one.service.count("phones", "locked_until > 0") == 0
    assert "The phone is unlocked" in unlocked.text
    assert "The verification is canceled" in canceled.text
    assert "was over already" in again.text
    logged = capsys.readouterr().err
    assert "action=unlock" in logged
    assert "action=cancel" in logged


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:8000"])
async def test_a_form_of_another_page_changes_nothing(sqlite_url: str, origin: str | None) -> None:
    async with desk(sqlite_url) as one:
        opened = await one.service.web_app().open()
        headers = {} if origin is None else {"Origin": origin}
        answer = await one.http.post(f"/verifications/{opened['id']}/cancel", headers=headers)

        assert answer.status_code == 403
        assert (await one.service.web_app().show(opened["id"]))["status"] == "pending"


async def test_the_token_is_typed_once_in_a_browser(sqlite_url: str) -> None:
    async with desk(sqlite_url, operations_token=TOKEN) as one:
        first = await one.http.get("/")
        wrong = await one.post("/sign-in", token="wrong")
        right = await one.post("/sign-in", token=TOKEN)
        later = await one.http.get("/")

    assert 'name="token"' in first.text
    assert wrong.status_code == 401
    assert "That is not the token." in wrong.text
    (redirect,) = right.history
    cookie = redirect.headers["set-cookie"]
    assert cookie.endswith("HttpOnly; SameSite=Strict")
    assert TOKEN not in cookie
    assert "Codes by region" in later.text


@pytest.mark.parametrize("cookie", ["", "1", "9999999999.0", f"9999999999.{'0' * 64}", "é.é"])
async def test_a_cookie_that_is_not_ours_opens_nothing(sqlite_url: str, cookie: str) -> None:
    async with desk(sqlite_url, operations_token=TOKEN) as one:
        given = httpx.Headers({"Cookie": f"{COOKIE}={cookie}", "Origin": BASE}, "latin-1")
        answer = await one.http.get("/", headers=given, follow_redirects=False)
        action = await one.http.post(f"/phones/{PHONE}/unlock", headers=given)

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert action.status_code == 401


async def test_no_page_may_run_a_script_or_be_framed(sqlite_url: str) -> None:
    async with desk(sqlite_url) as one:
        answers = [await one.http.get(path) for path in ("/", f"/phones/{PHONE}", "/find?q=x")]

    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert "script" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert "<script" not in answer.text
        assert "style=" not in answer.text
