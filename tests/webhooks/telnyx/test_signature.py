"""Signatures of webhooks: over body and timestamp, at most five minutes old."""

import base64

import pytest

from tests.harness.running_service import RunningService, running_service
from tests.harness.telnyx_events import WEBHOOK_PATH, Signer, text_event

BODY = text_event("LOGIN", event_id="evt-1", message_id="msg-1")


def b64(data: bytes) -> bytes:
    return base64.b64encode(data)


async def post_raw(
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
        refused = await post_raw(service, BODY, timestamp | headers)
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
        assert (await post_raw(service, BODY, headers))[0] == 403


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
