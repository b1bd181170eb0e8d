"""Events: malformed, unusual and generated ones."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.phone import PHONE
from tests.harness.running_service import running_service
from tests.harness.settings import NUMBER
from tests.harness.telnyx_events import event, receipt_event, text_event

BODY = text_event("LOGIN", event_id="evt-1", message_id="msg-1")


LIMIT = 64 * 1024


NO_EVENTS = [
    b"", b" ", b"{", b"[]", b"1", b"null", b'"x"', b"{}", b"\xff\xfe{}", b"NaN",
    b'{"data": NaN}',
    b'{"data": []}', b'{"data": null}', b'{"data": {}}', b"<xml/>", BODY + b"x", BODY[:-1],
    BODY.decode().encode("utf-16"), b"[" * LIMIT, b'{"a":' * 13_000,
    b'{"data":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    BODY[:-1] + b', "x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    text_event("LOGIN").replace(b"LOGIN", b"\\ud800"),
    text_event("LOGIN").replace(b"LOGIN", b"\xff"),
    text_event("LOGIN").replace(b"LOGIN", b"\\x"),
]  # fmt: skip
WRONG_TYPES = [
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
    text_event(None, type="RCS", body="LOGIN"),
    text_event(None, type="RCS", body={"suggestion_response": "LOGIN"}),
    json.dumps({"data": {"id": 1, "event_type": "message.received", "payload": {}}}).encode(),
    json.dumps({"data": {"id": "x", "event_type": None, "payload": {}}}).encode(),
    json.dumps({"data": {"id": "x"}}).encode(),
    event("message.sent", None),
    event("message.sent", {}),
    event("message.finalized", {"id": "m", "to": [7]}),
    event("message.finalized", {"id": "m", "to": [{"status": 7}]}),
    event("message.finalized", {"id": "m", "errors": {}}),
    event("message.finalized", {"id": "m", "errors": [{"code": []}]}),
]
UNUSUAL = [
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
]


@pytest.mark.parametrize("bodies", [NO_EVENTS, WRONG_TYPES], ids=["no event", "wrong types"])
async def test_a_body_that_is_no_telnyx_event_is_malformed(
    database_url: str, bodies: list[bytes]
) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        answers = [(body, (await service.post(body)).status_code) for body in bodies]
        assert [answer for answer in answers if answer[1] != 400] == []
        assert service.webhooks_recorded() == 0


@pytest.mark.parametrize("body", UNUSUAL, ids=range(len(UNUSUAL)))
async def test_an_unusual_event_is_accepted_and_recorded_once(
    database_url: str, body: bytes
) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        assert (await service.post(body)).status_code == 200
        assert service.webhooks_recorded() == 1
        assert (await service.post(body)).status_code == 200
        assert service.webhooks_recorded() == 1


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
        "body": st.fixed_dictionaries({}, optional={"text": _json}) | _json,
        "type": st.sampled_from(["SMS", "MMS", "RCS"]) | _json,
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
