"""The log of a service tells what happens to each login, and no secret."""

import json
import re
from typing import Any

import pytest

from tests.harness.callback_service import callback_service
from tests.harness.phone import PHONE, code_in, wrong_code
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import SECRET_KEY, SHOP
from webhooks.ops.log_events import EVENTS, known_fields

TRACEPARENT = f"00-{'a' * 32}-{'b' * 16}-01"
#: Our errors and tracebacks come through logging; they have a logger.
Line = dict[str, Any]


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[Line]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def events_of(lines: list[Line], *left_out: str) -> list[str]:
    return [line["event"] for line in lines if "event" in line and line["event"] not in left_out]


async def last_code(service: RunningService, phone: str = PHONE) -> str:
    await service.idle()
    (*_, text) = await service.texts_to(phone)
    return code_in(text["text"])


async def test_one_login_can_be_followed_at_info(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_service(sqlite_url, log_format="json", log_level="info") as service:
        await service.text(PHONE, "LOGIN")
        code = await last_code(service)
        await service.text(PHONE, wrong_code(code))
        await service.idle()
        await service.text(PHONE, code)
        await service.idle()
    told = lines_of(capsys)

    story = [line for line in told if line.get("verification") or line.get("event") == "stopped"]
    assert events_of(story) == [
        *("text_received", "code_queued", "code_sent", "code_delivered"),
        *("text_received", "wrong_code"),
        *("text_received", "approved"),
        "stopped",
    ]
    assert len({line["verification"] for line in story[:-1]}) == 1
    assert {line["phone"] for line in story[:-1]} == {"+1••••••0123"}
    states = [(one["before"], one["after"]) for one in story if one["event"] == "text_received"]
    assert states == [("idle", "awaiting"), ("awaiting", "awaiting"), ("awaiting", "approved")]
    assert all(line["request_id"] for line in story if line["event"] == "text_received")


async def test_telnyxs_errors_come_with_their_meaning_and_cure(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_service(sqlite_url, log_format="json", log_level="info") as service:
        await service.text("+14155550010", "LOGIN")  # its fate: 40010 in the receipt
        await service.idle()

    (line,) = [one for one in lines_of(capsys) if one.get("event") == "code_undelivered"]
    assert line["error"] == "40010"
    assert "not registered for 10DLC" in line["meaning"]
    assert "Register a brand" in line["cure"]
    assert line["level"] == "warning"


async def test_an_answer_and_the_lines_about_it_share_an_id(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_service(sqlite_url, log_format="json", log_level="info") as service:
        headers = {"Authorization": f"Bearer {SHOP.split(':')[1]}", "traceparent": TRACEPARENT}
        wanted = {"method": "sms", "phone_number": PHONE}
        opened = await service.http.post("/v1/verifications", json=wanted, headers=headers)
        forged = await service.post(b"{}", {})
        unknown = await service.http.get(
            "/v1/verifications/ver_" + "0" * 47, headers={"Authorization": "Bearer " + "x" * 40}
        )
        await service.idle()
    told = {line.get("event"): line for line in lines_of(capsys)}

    assert told["verification_opened"]["request_id"] == opened.headers["x-request-id"]
    assert told["verification_opened"]["traceparent"] == TRACEPARENT
    assert told["verification_opened"]["client"] == "shop"
    assert told["webhook_refused"]["request_id"] == forged.headers["x-request-id"]
    assert told["webhook_refused"]["reason"] == "no_signature"
    assert unknown.status_code == 401
    assert told["unauthorized"]["request_id"] == unknown.headers["x-request-id"]
    assert told["unauthorized"]["reason"] == "unknown_key"


async def test_opt_out_and_opt_in_are_told(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_service(sqlite_url, log_format="json", log_level="info") as service:
        await service.text(PHONE, "LOGIN")
        await service.idle()
        for words in ("STOP", "START"):
            await service.text(PHONE, words)
    told = lines_of(capsys)

    assert events_of(told)[-5:-1] == [
        *("opted_out", "verification_ended", "text_received", "opted_in")
    ]
    ended = next(line for line in told if line.get("event") == "verification_ended")
    assert (ended["status"], ended["reason"]) == ("failed", "opted_out")
    (*_, start) = [line for line in told if line.get("event") == "text_received"]
    assert (start["before"], start["after"]) == ("opted_out", "idle")


async def test_callbacks_are_told(sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with callback_service(sqlite_url, log_format="json", log_level="info") as service:
        opened = await service.open_and_cancel()
        await service.receiver.next()
        await service.until_callbacks("state = 'delivered'")

    (line,) = [one for one in lines_of(capsys) if one.get("event") == "callback_delivered"]
    assert line["type"] == "verification.canceled"
    assert line["verification"] == opened["id"]


async def test_no_secret_and_no_text_is_in_any_line_even_at_debug(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = [SECRET_KEY, SHOP.split(":")[1], "KEY-of-nobody", PHONE, PHONE[2:], "mother"]
    async with running_service(
        sqlite_url, log_format="text", log_level="debug", operations_port=None
    ) as service:
        await service.text(PHONE, "LOGIN")
        code = await last_code(service)
        for words in (wrong_code(code), f"{code} please mother", code, "NO", "hello mother"):
            await service.text(PHONE, words)
        app = service.web_app()
        opened = await app.create(method="sms", phone_number="+14155550177")
        asked = await app.create(method="text")
        typed = await last_code(service, "+14155550177")
        await app.check(opened["id"], typed)
        await service.http.get(
            f"/v1/verifications/{opened['id']}",
            headers={"Authorization": f"Bearer {opened['poll_token']}"},
        )
        await service.idle()
        secret += [code, typed, opened["poll_token"], asked["login"]["ref"]]
    written = capsys.readouterr().err

    assert "text received" in written
    assert [
        one for one in secret if re.search(rf"(?<![0-9a-f-]){re.escape(one)}(?![0-9a-f])", written)
    ] == []


async def test_every_line_is_of_a_listed_event_with_listed_fields_at_its_level(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_service(sqlite_url, log_format="json", log_level="debug") as service:
        for phone in (PHONE, "+14155550001", "+14155550006", "+14155550300"):
            for words in ("LOGIN", "111111", "RESEND", "NO", "hello", "STOP", "START"):
                await service.text(phone, words)
        await service.idle()
    for line in lines_of(capsys):
        event = line.get("event")
        if event is None:
            assert line["logger"]
            continue
        assert line["level"] == EVENTS[event].level
        assert set(line) - {"time", "level", "event"} <= set(known_fields(event)), event
