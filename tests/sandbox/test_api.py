"""`/v2/messages` of the sandbox, called by Telnyx's SDK and with plain requests."""

import asyncio
from typing import Any

import httpx
import pytest
import telnyx

from tests.harness.running_sandbox import NUMBER, PHONE, running_sandbox

DAY_S = 24 * 60 * 60
AUTHORIZED = {"Authorization": "Bearer x"}


def error_code(response: httpx.Response) -> str:
    (error,) = response.json()["errors"]
    assert error["title"]
    assert error["detail"]
    return str(error["code"])


async def test_the_sdk_sends_a_message_and_reads_it_back() -> None:
    async with running_sandbox() as sandbox:
        sent = (await sandbox.sdk.messages.send(from_=NUMBER, to=PHONE, text="Hello")).data
        assert sent is not None
        assert sent.id is not None
        assert (sent.record_type, sent.direction) == ("message", "outbound")
        assert (sent.encoding, sent.parts, sent.errors) == ("GSM-7", 1, [])
        assert sent.received_at is not None
        assert sent.to is not None
        assert [(to.phone_number, to.status) for to in sent.to] == [(PHONE, "queued")]
        await sandbox.webhook()
        await sandbox.webhook()
        read = (await sandbox.sdk.messages.retrieve(sent.id)).data
        assert read is not None
        assert read.id == sent.id
        assert read.model_dump()["to"][0]["status"] == "delivered"


async def test_the_sdks_plain_post_honours_an_idempotency_key() -> None:
    async with running_sandbox() as sandbox:
        ids = set()
        for _ in range(2):
            response = await sandbox.sdk.post(
                "/messages",
                cast_to=httpx.Response,
                body={"from": NUMBER, "to": PHONE, "text": "Hello"},
                options={"headers": {"Idempotency-Key": "msg_1"}},
            )
            ids.add(response.json()["data"]["id"])
        assert len(ids) == 1
        assert len(await sandbox.texts_to(PHONE)) == 1


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer  ", "Basic eDp4"])
async def test_without_a_bearer_key_nothing_is_accepted(authorization: str | None) -> None:
    async with running_sandbox() as sandbox:
        headers = {"Authorization": authorization} if authorization is not None else {}
        body = {"from": NUMBER, "to": PHONE, "text": "Hello"}
        response = await sandbox.http.post("/sandbox/v2/messages", json=body, headers=headers)
        assert (response.status_code, error_code(response)) == (401, "10009")
        assert await sandbox.texts_to(PHONE) == []


@pytest.mark.parametrize(
    ("to", "status", "expected"),
    [
        ("+12025550300", 400, "40300"),
        ("+12025550429", 429, "10011"),
        ("+12025550500", 500, "10007"),
    ],
)
async def test_the_last_four_digits_choose_a_refusal(to: str, status: int, expected: str) -> None:
    async with running_sandbox() as sandbox:
        with pytest.raises(telnyx.APIStatusError) as refused:
            await sandbox.sdk.messages.send(from_=NUMBER, to=to, text="Hello")
        body: Any = refused.value.body
        assert refused.value.status_code == status
        assert body["errors"][0]["code"] == expected
        assert await sandbox.texts_to(to) == []


async def test_an_unreliable_phone_refuses_each_message_twice() -> None:
    async with running_sandbox() as sandbox:
        for key in ("one", "two"):
            tries = [await sandbox.send("+12025550006", key=key) for _ in range(4)]
            assert [response.status_code for response in tries] == [503, 503, 200, 200]
            assert error_code(tries[0]) == "40006"
            assert tries[2].content == tries[3].content
        assert len(await sandbox.texts_to("+12025550006")) == 2


async def test_an_unreliable_phone_counts_messages_without_keys_by_their_bytes() -> None:
    async with running_sandbox() as sandbox:
        texts = ("a", "b", "a", "b", "a", "b")
        tries = [await sandbox.send("+12025550006", text) for text in texts]
        assert [response.status_code for response in tries] == [503] * 4 + [200] * 2


async def test_a_repeated_key_gets_the_same_answer_and_sends_nothing() -> None:
    async with running_sandbox() as sandbox:
        first = await sandbox.send(key="k")
        again = await sandbox.send(key="k")
        assert (again.status_code, again.content) == (200, first.content)
        kinds = {(await sandbox.webhook()).type for _ in range(2)}
        assert kinds == {"message.sent", "message.finalized"}
        assert not sandbox.has_unread_webhooks


async def test_simultaneous_requests_with_one_key_send_one_message() -> None:
    async with running_sandbox(latency=0.01) as sandbox:
        responses = await asyncio.gather(*(sandbox.send(key="k") for _ in range(5)))
        assert len({response.content for response in responses}) == 1
        assert len(await sandbox.texts_to(PHONE)) == 1


async def test_a_key_with_another_body_is_refused() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.send(key="k")
        response = await sandbox.send(key="k", text="Something else")
        assert (response.status_code, error_code(response)) == (422, "10015")
        assert len(await sandbox.texts_to(PHONE)) == 1


async def test_a_key_can_be_reused_after_a_day() -> None:
    async with running_sandbox() as sandbox:
        first = await sandbox.send(key="k")
        sandbox.clock.now += DAY_S - 1
        assert (await sandbox.send(key="k")).content == first.content
        sandbox.clock.now += 1
        assert (await sandbox.send(key="k", text="Something else")).status_code == 200


async def test_a_refusal_is_not_remembered_under_its_key() -> None:
    async with running_sandbox() as sandbox:
        await sandbox.text("STOP")
        assert (await sandbox.send(key="k")).status_code == 400
        await sandbox.text("START")
        assert (await sandbox.send(key="k")).status_code == 200


@pytest.mark.parametrize("key", ["a b", "k" * 256, "k.1", "\xe9"])
async def test_a_malformed_key_is_refused_as_telnyx_does(key: str) -> None:
    async with running_sandbox() as sandbox:
        response = await sandbox.http.post(
            "/sandbox/v2/messages",
            json={"from": NUMBER, "to": PHONE, "text": "Hello"},
            headers=[
                (b"Authorization", b"Bearer x"),
                (b"Idempotency-Key", key.encode("latin-1")),
            ],
        )
        assert (response.status_code, error_code(response)) == (400, "10015")


async def test_a_key_of_255_characters_is_accepted() -> None:
    async with running_sandbox() as sandbox:
        assert (await sandbox.send(key="A-z_0:" * 42 + "abc")).status_code == 200


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"from": None}, "10004"),
        ({"to": None}, "10004"),
        ({"text": None}, "10004"),
        ({"text": ""}, "10004"),
        ({"text": 7}, "10015"),
        ({"to": [PHONE]}, "10015"),
        ({"to": "2025550123"}, "10002"),
        ({"to": "+1202555012\u0663"}, "10002"),
        ({"to": PHONE + "\n"}, "10002"),
        ({"from": "+"}, "10002"),
        ({"text": "a" * 1531}, "40302"),
        ({"webhook_url": "app.example/hooks"}, "10015"),
        ({"webhook_url": 7}, "10015"),
        ({"webhook_failover_url": "ftp://app.example"}, "10015"),
        ({"use_profile_webhooks": "no"}, "10015"),
        ({"media_urls": "https://app.example/a.png"}, "10015"),
        ({"media_urls": ["a.png"]}, "10015"),
        ({"messaging_profile_id": 7, "from": None}, "10015"),
    ],
)
async def test_an_invalid_member_gets_telnyxs_error_code(
    change: dict[str, Any], expected: str
) -> None:
    async with running_sandbox() as sandbox:
        body = {"from": NUMBER, "to": PHONE, "text": "Hello"} | change
        response = await sandbox.http.post("/sandbox/v2/messages", json=body, headers=AUTHORIZED)
        assert (response.status_code, error_code(response)) == (400, expected)
        member = next(iter(change))
        assert response.json()["errors"][0]["source"] == {"pointer": f"/{member}"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b"\xff", b"NaN", b"[" * 60_000, b'{"text": "\\ud800"}'],
)
async def test_a_body_that_is_not_a_json_object_is_refused(body: bytes) -> None:
    async with running_sandbox() as sandbox:
        response = await sandbox.http.post("/sandbox/v2/messages", content=body, headers=AUTHORIZED)
        assert (response.status_code, error_code(response)) == (400, "10015")


async def test_a_body_over_64_kib_is_refused() -> None:
    async with running_sandbox() as sandbox:
        body = b" " * (64 * 1024 + 1)
        response = await sandbox.http.post("/sandbox/v2/messages", content=body, headers=AUTHORIZED)
        assert (response.status_code, error_code(response)) == (413, "10015")


async def test_unused_members_are_ignored() -> None:
    async with running_sandbox() as sandbox:
        sent = await sandbox.sdk.messages.send(
            from_=NUMBER, to=PHONE, text="Hello", type="SMS", auto_detect=True, subject="Hi"
        )
        assert sent.data is not None
        assert sent.data.type == "SMS"


async def test_a_message_for_a_profile_comes_from_its_number() -> None:
    async with running_sandbox() as sandbox:
        sent = await sandbox.sdk.messages.send(to=PHONE, text="Hello", messaging_profile_id="p")
        assert sent.data is not None
        assert sent.data.from_ is not None
        assert sent.data.from_.phone_number == NUMBER


async def test_a_picture_needs_no_text() -> None:
    async with running_sandbox() as sandbox:
        picture = "https://app.example/a.png"
        sent = await sandbox.sdk.messages.send(from_=NUMBER, to=PHONE, media_urls=[picture])
        assert sent.data is not None
        assert sent.data.type == "MMS"
        assert sent.data.media is not None
        assert [media.url for media in sent.data.media] == [picture]
        assert [text["text"] for text in await sandbox.texts_to(PHONE)] == [""]


@pytest.mark.parametrize(
    ("method", "path", "status", "expected"),
    [
        ("GET", "/messages/00000000-0000-4000-8000-000000000000", 404, "10005"),
        ("GET", "/nothing", 404, "10005"),
        ("POST", "/phone_numbers", 404, "10005"),
        ("PATCH", "/messaging_profiles/x", 404, "10005"),
        ("POST", "/messages/", 404, "10005"),
        ("GET", "/", 404, "10005"),
        ("GET", "/messages", 405, "10015"),
        ("DELETE", "/messages/x", 405, "10015"),
    ],
)
async def test_unknown_resources_are_refused_in_telnyxs_format(
    method: str, path: str, status: int, expected: str
) -> None:
    async with running_sandbox() as sandbox:
        response = await sandbox.http.request(method, f"/sandbox/v2{path}", headers=AUTHORIZED)
        assert (response.status_code, error_code(response)) == (status, expected)
