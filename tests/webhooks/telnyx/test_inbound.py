"""The webhook's door: who gets in, what is read, and that nothing that is sent breaks it."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.phone import PHONE
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import NUMBER
from tests.harness.telnyx_events import WEBHOOK_PATH, Signer, event, receipt_event, text_event

BODY = text_event("LOGIN", event_id="evt-1", message_id="msg-1")
LIMIT = 64 * 1024


def b64(data: bytes) -> bytes:
    return base64.b64encode(data)


async def knock(
    service: RunningService, body: bytes, headers: dict[str, bytes]
) -> tuple[int, bytes]:
    raw = [(name.encode(), value) for name, value in headers.items()]
    response = await service.http.post(WEBHOOK_PATH, content=body, headers=raw)
    return response.status_code, response.content


@pytest.mark.parametrize(
    "signature",
    [
        None, b"", b" ", b"x", b"====", b"A", b"\xff\xfe", "подпись".encode(), b"null",
        b64(b""), b64(b"\0" * 63), b64(b"\0" * 64), b64(b"\xff" * 64), b64(b"\0" * 65),
        b64(b"\0" * 32), b64(b"\0" * 64)[:-1], b64(b"\0" * 64) + b"=", b"-_" * 43,
        b"t=1,v1=" + b"0" * 64, b"0" * 128, b"A" * 8000,
    ],
)  # fmt: skip
async def test_every_malformed_signature_gets_the_same_403(
    sqlite_url: str, signature: bytes | None
) -> None:
    async with running_service(sqlite_url, own_webhooks=True) as service:
        timestamp = {"telnyx-timestamp": service.signer.headers(BODY)["telnyx-timestamp"].encode()}
        headers = {} if signature is None else {"telnyx-signature-ed25519": signature}
        refused = await knock(service, BODY, timestamp | headers)
        assert refused == (403, (await service.post(BODY, {})).content)
        assert service.webhooks_recorded() == 0


@pytest.mark.parametrize(
    "timestamp",
    [
        None, "", " ", "now", "-1800000000", "+1800000000", "1.8e9", "1800000000.0", "0x6B49D200",
        " 1800000000", "1800000000 ", "1_800_000_000", "1800000000000", "0", "9" * 40,
        "1799999699", "1800000301",
    ],
)  # fmt: skip
async def test_a_malformed_or_old_timestamp_is_refused_even_if_signed(
    sqlite_url: str, timestamp: str | None
) -> None:
    async with running_service(sqlite_url, own_webhooks=True) as service:
        headers = service.signer.headers(BODY, timestamp or "1800000000")
        if timestamp is None:
            del headers["telnyx-timestamp"]
        else:
            headers["telnyx-timestamp"] = timestamp
        response = await service.post(BODY, headers)
        assert response.status_code == 403
        assert response.content == (await service.post(BODY, {})).content
        assert service.webhooks_recorded() == 0


@pytest.mark.parametrize("timestamp", ["\u0661\u0668", "１８０００００００"])
async def test_a_timestamp_in_digits_other_than_ascii_is_refused(
    sqlite_url: str, timestamp: str
) -> None:
    async with running_service(sqlite_url, own_webhooks=True) as service:
        raw = timestamp.encode()
        signature = service.signer.key.sign(raw + b"|" + BODY).signature
        headers = {"telnyx-timestamp": raw, "telnyx-signature-ed25519": b64(signature)}
        assert (await knock(service, BODY, headers))[0] == 403


@pytest.mark.parametrize("timestamp", ["1799999700", "1800000000", "1800000300"])
async def test_a_timestamp_within_five_minutes_either_way_is_accepted(
    sqlite_url: str, timestamp: str
) -> None:
    async with running_service(sqlite_url, own_webhooks=True) as service:
        assert (
            await service.post(BODY, service.signer.headers(BODY, timestamp))
        ).status_code == 200


async def test_a_signature_is_valid_for_one_body_timestamp_and_key(sqlite_url: str) -> None:
    async with running_service(sqlite_url, own_webhooks=True) as service:
        headers = service.signer.headers(BODY)
        for body, changed in (
            (BODY + b" ", {}),
            (BODY.replace(b"LOGIN", b"LOGIM"), {}),
            (b"", {}),
            (BODY, {"telnyx-timestamp": "1800000001"}),
            (BODY, Signer(service.clock).headers(BODY)),
        ):
            assert (await service.post(body, headers | changed)).status_code == 403
        assert service.webhooks_recorded() == 0
        assert (await service.post(BODY, headers)).status_code == 200


async def test_a_body_of_64_kib_is_accepted_and_one_byte_more_is_not(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        assert (await service.post(BODY.ljust(LIMIT + 1))).status_code == 413
        assert service.webhooks_recorded() == 0
        assert (await service.post(BODY.ljust(LIMIT))).status_code == 200
        assert service.webhooks_recorded() == 1


@pytest.mark.parametrize("length", ["65537", "9" * 30, "-1", "many", ""])
async def test_a_bad_content_length_is_refused_before_the_body_is_read(
    sqlite_url: str, length: str
) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    async with running_service(sqlite_url, own_webhooks=True) as service:
        headers = {"content-length": length}
        response = await service.http.post(WEBHOOK_PATH, content=never(), headers=headers)
        assert response.status_code == 413


async def test_a_body_that_stalls_is_answered_within_two_seconds(
    sqlite_url: str,
) -> None:
    async def halfway() -> AsyncIterator[bytes]:
        yield BODY[:100]
        await asyncio.Event().wait()

    async with running_service(sqlite_url, own_webhooks=True) as service:
        async with asyncio.timeout(2):
            response = await service.http.post(WEBHOOK_PATH, content=halfway())
        assert response.status_code == 503
        assert service.webhooks_recorded() == 0


async def test_an_endless_body_is_refused_at_the_limit(sqlite_url: str) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 4096
            yield b" " * 4096

    async with running_service(sqlite_url, own_webhooks=True) as service:
        assert (await service.http.post(WEBHOOK_PATH, content=endless())).status_code == 413
        assert read <= LIMIT + 3 * 4096


async def test_a_body_in_several_chunks_is_read_whole(sqlite_url: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for at_byte in range(0, len(BODY), 7):
            yield BODY[at_byte : at_byte + 7]

    async with running_service(sqlite_url, own_webhooks=True) as service:
        headers = service.signer.headers(BODY)
        response = await service.http.post(WEBHOOK_PATH, content=pieces(), headers=headers)
        assert response.status_code == 200
        assert service.count("verifications") == 1


async def test_a_client_that_disconnects_in_mid_body_leaves_nothing(sqlite_url: str) -> None:
    async with running_service(sqlite_url, own_webhooks=True) as service:
        messages: list[dict[str, Any]] = [
            {"type": "http.request", "body": BODY, "more_body": True},
            {"type": "http.disconnect"},
        ]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(k.encode(), v.encode()) for k, v in service.signer.headers(BODY).items()]
        scope = {"type": "http", "method": "POST", "path": WEBHOOK_PATH, "headers": headers}
        await service.app(scope, receive, send)
        assert sent == []
        assert service.webhooks_recorded() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"{", b"[]", b"1", b"null", b'"x"', b"{}", b"\xff\xfe{}", b"NaN",
        b'{"data": NaN}',
        b'{"data": []}', b'{"data": null}', b'{"data": {}}', b"<xml/>", BODY + b"x", BODY[:-1],
        BODY.decode().encode("utf-16"), b"[" * LIMIT, b'{"a":' * 13_000,
        b'{"data":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        BODY[:-1] + b', "x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        text_event("LOGIN").replace(b"LOGIN", b"\\ud800"),
        text_event("LOGIN").replace(b"LOGIN", b"\xff"),
        text_event("LOGIN").replace(b"LOGIN", b"\\x"),
    ],
    ids=range(25),
)  # fmt: skip
async def test_a_body_that_is_not_an_event_is_malformed(database_url: str, body: bytes) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        assert (await service.post(body)).status_code == 400
        assert service.webhooks_recorded() == 0


@pytest.mark.parametrize(
    "body",
    [
        event("message.received", None),
        event("message.received", []),
        event("message.received", "text"),
        event("message.received", {}),
        event("message.received", {"id": "m", "to": []}),
        text_event("LOGIN", event_id="x y"),
        text_event("LOGIN", event_id="x\0"),
        text_event("LOGIN", event_id="é"),
        text_event("LOGIN", event_id="x" * 129),
        text_event("LOGIN", message_id="x\n"),
        text_event("LOGIN", id=7),
        text_event("LOGIN", id=None),
        text_event("LOGIN", text=7),
        text_event("LOGIN", text=["LOGIN"]),
        text_event("LOGIN", sender=PHONE),
        text_event("LOGIN", sender=None),
        text_event("LOGIN", sender={"phone_number": 14155550123}),
        text_event("LOGIN", to={"phone_number": NUMBER}),
        text_event("LOGIN", to=[NUMBER]),
        text_event("LOGIN", to=None),
        text_event("LOGIN", type=None),
        text_event("LOGIN", received_at="yesterday"),
        text_event("LOGIN", received_at="0001-01-01T00:00:00"),
        text_event("LOGIN", received_at=1_800_000_000),
        text_event("LOGIN", autoresponse_type=1),
        json.dumps({"data": {"id": 1, "event_type": "message.received", "payload": {}}}).encode(),
        json.dumps({"data": {"id": "x", "event_type": None, "payload": {}}}).encode(),
        json.dumps({"data": {"id": "x"}}).encode(),
        event("message.sent", None),
        event("message.sent", {}),
        event("message.finalized", {"id": "m", "to": [7]}),
        event("message.finalized", {"id": "m", "to": [{"status": 7}]}),
        event("message.finalized", {"id": "m", "errors": {}}),
        event("message.finalized", {"id": "m", "errors": [{"code": []}]}),
    ],
    ids=range(34),
)
async def test_an_event_with_a_member_of_the_wrong_type_is_malformed(
    sqlite_url: str, body: bytes
) -> None:
    async with running_service(sqlite_url, own_webhooks=True) as service:
        assert (await service.post(body)).status_code == 400
        assert service.webhooks_recorded() == 0


@pytest.mark.parametrize(
    "body",
    [
        text_event("LOGIN\0"),
        text_event("\0"),
        text_event("😀" * 800),
        text_event("1" * 20_000),
        text_event(None),
        text_event("LOGIN", phone="\0"),
        text_event("LOGIN", phone=""),
        text_event("LOGIN", phone="+0"),
        text_event("LOGIN", phone="+999999999999999"),
        text_event("LOGIN", to=[]),
        text_event("LOGIN", to=[{}]),
        text_event("LOGIN", to="\0"),
        text_event("LOGIN", type="WHATSAPP"),
        text_event("LOGIN", type="\0"),
        text_event("LOGIN", received_at="9999-12-31T23:59:59Z"),
        text_event("LOGIN", received_at="0001-01-01T00:00:00+14:00"),
        text_event("LOGIN", autoresponse_type="\0"),
        receipt_event("unknown", "delivered"),
        receipt_event("unknown", "\0"),
        receipt_event("unknown", "de\0livered" * 9),
        receipt_event("unknown", "delivery_failed", "\0"),
        receipt_event("unknown", "delivery_failed", "9" * 99),
        event("message.finalized", {"id": "m"}),
        event("message.finalized", {"id": "m", "errors": [{"code": -(2**63)}]}),
        event("message.finalized", {"id": "m", "to": [], "errors": [{}]}),
        event("\0", {}),
        event("", None),
        event("x" * 60_000, {}),
    ],
    ids=range(28),
)
async def test_an_unusual_event_is_accepted_and_recorded_once(
    database_url: str, body: bytes
) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        assert (await service.post(body)).status_code == 200
        assert service.webhooks_recorded() == 1
        assert (await service.post(body)).status_code == 200
        assert service.webhooks_recorded() == 1


async def test_a_duplicate_has_no_second_effect(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        phone = service.phone()
        for _ in range(3):
            assert (await service.post(BODY)).status_code == 200
        await phone.code()
        same_text = text_event("LOGIN", event_id="evt-2", message_id="msg-1")
        assert (await service.post(same_text)).status_code == 200
        same_event = text_event("RESEND", event_id="evt-1", message_id="msg-2")
        assert (await service.post(same_event)).status_code == 200
        assert await phone.unread() == []
        assert service.count("messages") == service.count("verifications") == 1


async def test_duplicates_at_once_have_one_effect(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        answers = await asyncio.gather(*(service.post(BODY) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        phone = service.phone()
        await phone.code()
        assert await phone.unread() == []


async def test_a_duplicate_after_the_code_is_used_opens_nothing(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        await phone.reads()
        await service.idle()
        service.clock.advance(200_000)
        for body, headers in list(service.webhooks.posted):
            assert (await service.post(body, headers)).status_code == 200
        assert await phone.unread() == []
        assert [login["status"] for login in await service.web_app().find()] == ["approved"]


async def test_an_event_of_an_unknown_type_is_recorded_once(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        body = event("call.initiated", {"anything": [1, {"deep": True}]}, "evt-9")
        for _ in range(2):
            assert (await service.post(body)).status_code == 200
        assert service.rows("SELECT event_id, kind FROM events") == [("evt-9", "other")]


async def test_a_text_to_a_number_that_is_not_ours_is_recorded_and_logged_once(
    database_url: str,
) -> None:
    async with running_service(database_url, own_webhooks=True, log_level="warning") as service:
        with logged("textlogin.inbound") as lines:
            for words in ("LOGIN", "LOGIN", "STOP"):
                body = text_event(words, to=[{"phone_number": "+14155550199"}])
                assert (await service.post(body)).status_code == 200
        (line,) = lines
        assert "+1••••••0199" in line
        assert "TELNYX_PHONE_NUMBER" in line
        assert service.rows("SELECT DISTINCT kind FROM events") == [("other",)]
        assert service.count("verifications") == service.count("conversations") == 0


async def test_a_text_to_one_of_several_numbers_is_answered_from_it(sqlite_url: str) -> None:
    numbers = (NUMBER, "+14155550101")
    async with running_service(
        sqlite_url, own_webhooks=True, telnyx_phone_number=numbers
    ) as service:
        body = text_event("LOGIN", to=[{"phone_number": "+14155550101"}])
        assert (await service.post(body)).status_code == 200
        await service.phone().code()
        assert [text["from"] for text in await service.texts_to(PHONE)] == ["+14155550101"]


async def test_no_text_phone_or_code_is_logged(
    database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with running_service(database_url, log_level="debug") as service:
        phone = service.phone()
        await phone.text("LOGIN")
        code = await phone.code()
        await phone.text(code)
        await phone.reads()
        await service.phone("+14155550300").text("LOGIN")
        await service.web_app().create(method="sms", phone_number="+14155550001")
        await service.idle()
    out, err = capfd.readouterr()
    assert "textlogin" in err
    for secret in (code, PHONE[1:], "4155550300", "4155550001", "LOGIN"):
        assert secret not in out + err


_ids = st.text(st.characters(codec="ascii"), max_size=8) | st.just("evt")
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
_address = st.fixed_dictionaries(
    {"phone_number": st.sampled_from([PHONE, NUMBER, "+4915112345678"]) | st.text(max_size=20)},
    optional={"status": st.sampled_from(["sent", "delivered", "\0"]) | st.text(max_size=40)},
)
_payload = st.fixed_dictionaries(
    {"id": _ids},
    optional={
        "from": _address | _json,
        "to": st.lists(_address, max_size=2) | _json,
        "text": st.text(max_size=40) | st.from_regex(r"(login|code|no) ?[0-9]{0,8}") | _json,
        "type": st.sampled_from(["SMS", "MMS"]) | _json,
        "received_at": st.datetimes().map(lambda service: service.isoformat()) | _json,
        "autoresponse_type": st.none() | st.text(max_size=8) | _json,
        "errors": st.lists(st.fixed_dictionaries({"code": _json}), max_size=2) | _json,
    },
)
_kinds = st.sampled_from(["message.received", "message.sent", "message.finalized"]) | st.text()
_events = st.builds(
    event,
    _kinds,
    _payload | _json,
    _ids,
)


def test_any_signed_body_is_accepted_or_malformed(database_url: str) -> None:
    answers: dict[int, int] = {}

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        service = runner.run(
            stack.enter_async_context(running_service(database_url, own_webhooks=True))
        )

        @settings(max_examples=300, deadline=None, database=None, derandomize=True)
        @given(st.binary(max_size=200) | _json.map(lambda v: json.dumps(v).encode()) | _events)
        def check(body: bytes) -> None:
            status = runner.run(service.post(body)).status_code
            answers[status] = answers.get(status, 0) + 1
            assert status in (200, 400), body

        try:
            check()
        finally:
            runner.run(stack.aclose())
    assert set(answers) == {200, 400}


@contextmanager
def logged(name: str) -> Iterator[list[str]]:
    """What a logger is given meanwhile."""
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler, logger = Lines(), logging.getLogger(name)
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
