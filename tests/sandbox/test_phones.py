"""The phones of the sandbox: they text the service, and list what they got."""

import json
from typing import Any

import httpx
import pytest

from tests.harness.eventually import run_what_is_due
from tests.harness.running_sandbox import (
    NUMBER,
    PHONE,
    WEBHOOK_URL,
    ClockInSeconds,
    running_sandbox,
)
from webhooks.sandbox.app import MAX_LISTED
from webhooks.sandbox.messages import Wanted
from webhooks.sandbox.profile import Profile
from webhooks.sandbox.refusals import RefusalError
from webhooks.sandbox.telnyx import Telnyx
from webhooks.sandbox.texts import Text

PROBLEM = "application/problem+json"


def invalid_members(response: httpx.Response) -> set[str]:
    problem = response.json()
    assert response.headers["content-type"] == PROBLEM
    assert response.status_code == problem["status"] == 422
    assert problem["type"] == "urn:textlogin:problem:invalid"
    assert problem["title"]
    assert problem["detail"]
    return {error["member"] for error in problem["errors"]}


async def test_a_text_arrives_in_telnyxs_format() -> None:
    async with running_sandbox() as sandbox:
        response = await sandbox.text("LOGIN KTQMWX")
        assert response.status_code == 202
        webhook = await sandbox.webhook()
        assert webhook.type == "message.received"
        payload = webhook.payload
        assert payload["id"] == response.json()["data"]["id"]
        assert payload["from"]["phone_number"] == PHONE
        assert [to["phone_number"] for to in payload["to"]] == [NUMBER]
        assert payload["text"] == "LOGIN KTQMWX"
        assert (payload["media"], payload["cc"]) == ([], [])
        assert (payload["type"], payload["direction"]) == ("SMS", "inbound")
        assert payload["received_at"].endswith("Z")
        assert "autoresponse_type" not in payload


async def test_a_text_goes_to_the_number_it_names() -> None:
    async with running_sandbox() as sandbox:
        body = {"from": "12345", "text": "LOGIN", "to": "+14155550199"}
        assert (await sandbox.http.post("/sandbox/texts", json=body)).status_code == 202
        payload = (await sandbox.webhook()).payload
        assert payload["to"][0]["phone_number"] == "+14155550199"
        assert payload["from"]["phone_number"] == "12345"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stop", "STOP"),
        (" Stop All\n", "STOP"),
        ("stop  all", None),
        ("QUIT", "STOP"),
        ("unstop", "START"),
        ("Help", "HELP"),
        ("\tinfo ", "HELP"),
        ("stop it", None),
        ("Stop!", None),
        ("start\u200b", None),
        ("\ufb05op", None),  # in upper case it is STOP
        ("yes", None),
        ("", None),
    ],
)
async def test_a_keyword_is_marked_only_when_it_is_the_whole_text(
    text: str, expected: str | None
) -> None:
    async with running_sandbox() as sandbox:
        await sandbox.text(text)
        payload = (await sandbox.webhook()).payload
        assert payload.get("autoresponse_type") == expected


@pytest.mark.parametrize(
    "word", ["STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"]
)
@pytest.mark.parametrize("back", ["START", "UNSTOP"])
async def test_a_phone_that_texted_stop_gets_no_message_until_start(word: str, back: str) -> None:
    async with running_sandbox() as sandbox:
        await sandbox.text(word)
        refused = await sandbox.send()
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["code"] == "40300"
        assert (await sandbox.send("+12025550124")).status_code == 200
        await sandbox.text(back)
        assert (await sandbox.send()).status_code == 200


@pytest.mark.parametrize(
    ("word", "words_of_the_answer"),
    [
        *((word, "unsubscribed") for word in ("STOP", "stopall", "Stop All", "UNSUBSCRIBE")),
        *((word, "unsubscribed") for word in ("cancel", "END", "quit")),
        *((word, "re-subscribed") for word in ("START", "unstop")),
        *((word, "Reply STOP") for word in ("HELP", "info")),
    ],
)
async def test_a_keyword_is_answered_once_to_the_phone_without_a_receipt(
    word: str, words_of_the_answer: str
) -> None:
    async with running_sandbox() as sandbox:
        await sandbox.text(word)
        (answer,) = await sandbox.texts_to(PHONE)
        assert words_of_the_answer in answer["text"]
        assert (answer["from"], answer["status"]) == (NUMBER, "delivered")
        assert (await sandbox.webhook()).type == "message.received"
        await run_what_is_due()
        assert not sandbox.has_unread_webhooks


async def test_no_other_text_is_answered_by_telnyx() -> None:
    async with running_sandbox() as sandbox:
        for words in ("LOGIN", "stop it", "help me", "please cancel", "NO", ""):
            await sandbox.text(words)
        await sandbox.text("STOP", sender="72345")  # a short code cannot be texted
        assert await sandbox.texts_to(PHONE) == []
        assert (await sandbox.http.get("/sandbox/messages")).json()["data"] == []


async def test_an_answer_comes_from_the_number_that_was_texted() -> None:
    async with running_sandbox() as sandbox:
        body = {"from": PHONE, "text": "HELP", "to": "+14155550199"}
        await sandbox.http.post("/sandbox/texts", json=body)
        assert [text["from"] for text in await sandbox.texts_to(PHONE)] == ["+14155550199"]


@pytest.mark.parametrize(
    ("body", "members"),
    [
        ([], {""}),
        ({}, {"from", "text"}),
        ({"from": "2025550123", "text": "a"}, {"from"}),
        ({"from": "+1202555012345678", "text": "a"}, {"from"}),
        ({"from": "sixteen letters.", "text": "a"}, {"from"}),
        ({"from": "a" * 16, "text": "a"}, {"from"}),
        ({"from": PHONE, "text": "a" * 1601}, {"text"}),
        ({"from": PHONE, "text": None}, {"text"}),
        ({"from": PHONE, "text": "a", "to": ""}, {"to"}),
        ({"from": 7, "text": "a", "media": []}, {"from", "media"}),
    ],
)
async def test_an_invalid_text_is_refused_and_its_members_are_named(
    body: Any, members: set[str]
) -> None:
    async with running_sandbox() as sandbox:
        assert invalid_members(await sandbox.http.post("/sandbox/texts", json=body)) == members
        await run_what_is_due()
        assert not sandbox.has_unread_webhooks


@pytest.mark.parametrize("sender", [PHONE, "72345", "Acme Bank", "a" * 15])
async def test_phones_short_codes_and_sender_names_can_text(sender: str) -> None:
    async with running_sandbox() as sandbox:
        assert (await sandbox.text("a" * 1600, sender)).status_code == 202


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        (b"{", 400, "malformed"),
        (b'{"from": "+12025550123", "text": "\\udc00"}', 400, "malformed"),
        (b" " * (16 * 1024 + 1), 413, "too_large"),
    ],
)
async def test_a_body_that_cannot_be_read_is_a_problem(body: bytes, status: int, name: str) -> None:
    async with running_sandbox() as sandbox:
        response = await sandbox.http.post("/sandbox/texts", content=body)
        assert response.status_code == response.json()["status"] == status
        assert response.json()["type"] == f"urn:textlogin:problem:{name}"
        assert response.headers["content-type"] == PROBLEM


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [("GET", "/texts", 405, "method_not_allowed"), ("GET", "/nothing", 404, "not_found")],
)
async def test_unknown_paths_beside_the_api_are_problems(
    method: str, path: str, status: int, name: str
) -> None:
    async with running_sandbox() as sandbox:
        response = await sandbox.http.request(method, f"/sandbox{path}")
        assert response.status_code == status
        assert response.json()["type"] == f"urn:textlogin:problem:{name}"


async def test_the_messages_of_a_phone_are_listed_oldest_first() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.send(text="one")
        await sandbox.send("+12025550124", text="another phone's")
        await sandbox.send(text="two")
        for _ in range(6):
            await sandbox.webhook()
        got = await sandbox.texts_to(PHONE)
        assert [(message["text"], message["status"]) for message in got] == [
            ("one", "delivered"),
            ("two", "delivered"),
        ]
        assert set(got[0]) == {"id", "from", "to", "text", "status", "created_at"}
        assert (got[0]["from"], got[0]["to"]) == (NUMBER, PHONE)
        everything = (await sandbox.http.get("/sandbox/messages")).json()["data"]
        assert len(everything) == 3


async def test_only_the_newest_messages_are_listed_the_newest_last() -> None:
    async with running_sandbox() as sandbox:
        for number in range(MAX_LISTED + 2):
            await sandbox.text("HELP", f"+1202555{number:04}")
        listed = (await sandbox.http.get("/sandbox/messages")).json()["data"]
        assert len(listed) == MAX_LISTED
        assert listed[-1]["to"] == f"+1202555{MAX_LISTED + 1:04}"


async def test_an_unescaped_plus_is_read_as_one() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.send()
        response = await sandbox.http.get(f"/sandbox/messages?phone_number={PHONE}")
        assert len(response.json()["data"]) == 1


async def test_a_landline_gets_no_message() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.send("+12025550001")
        assert await sandbox.texts_to("+12025550001") == []


def test_the_oldest_message_and_key_are_forgotten_first() -> None:
    account = Telnyx(
        ClockInSeconds(), profile=Profile(number=NUMBER, webhook_url=WEBHOOK_URL, at=0), limit=2
    )
    answers = []
    for number in range(3):
        wanted = Wanted(sender=NUMBER, to=PHONE, text=str(number))
        answers.append(account.send(wanted, str(number).encode(), f"key{number}")[0])
    assert [message.wanted.text for message in account.got(PHONE)] == ["1", "2"]
    with pytest.raises(RefusalError):
        account.find(json.loads(answers[0])["data"]["id"])
    again, message = account.send(Wanted(NUMBER, PHONE, "2"), b"2", "key2")
    assert (again, message) == (answers[2], None)
    _, message = account.send(Wanted(NUMBER, PHONE, "0"), b"0", "key0")
    assert message is not None


def test_the_oldest_opt_out_is_forgotten_first() -> None:
    account = Telnyx(
        ClockInSeconds(), profile=Profile(number=NUMBER, webhook_url=WEBHOOK_URL, at=0), limit=2
    )
    phones = [f"+1202555013{digit}" for digit in range(3)]
    for phone in phones:
        account.receive(Text(sender=phone, to=NUMBER, text="STOP"))
    _, message = account.send(Wanted(NUMBER, phones[0], "a"), b"a", None)
    assert message is not None
    with pytest.raises(RefusalError):
        account.send(Wanted(NUMBER, phones[2], "a"), b"a", None)
