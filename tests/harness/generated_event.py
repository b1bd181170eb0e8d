"""Webhook events that are nearly Telnyx's: any member may be missing or of another type."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.harness.generated_text import generated_texts
from tests.harness.phone import PHONE
from tests.harness.settings import NUMBER

KINDS = [
    *("message.received", "message.sent", "message.finalized"),
    *("message.queued", "message.failed", "call.initiated", "10dlc.campaign.update", "", "x" * 300),
]
_MISSING = object()
_scalars = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    st.sampled_from([10**400, -(10**400), 1e308, "\ud800", "a" * 5_000, "\x00", 0, -1, 2**64]),
)
#: Any JSON.
VALUES = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
_TIMES = st.sampled_from(
    [
        *(
            "2027-01-15T08:00:00.000Z",
            "2027-01-15T08:00:00+00:00",
            "2027-01-15",
            "20270115T080000Z",
        ),
        *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "now", ""),
        *(
            "9999-12-31T23:59:59-23:59",
            "0001-01-01",
            "9999-12-31T23:59:59",
            "2027-01-15T08:00:00+99:99",
        ),
    ]
)
_NUMBERS = st.sampled_from(
    [NUMBER, PHONE, "+1415555010O", "24365", "Bank", "+", "", "+" + "9" * 400]
)
_IDS = st.one_of(st.uuids().map(str), st.sampled_from(["", " ", "é", "a" * 128, "a" * 129, "\x00"]))
_AUTORESPONSES = st.sampled_from(["STOP", "START", "HELP", "stop", "ß", "OTHER", ""])


def _perhaps(draw: st.DrawFn, usual: Any) -> Any:
    """Mostly the usual value; else any other, or none."""
    if draw(st.integers(0, 11)):
        return usual
    return draw(st.one_of(st.just(_MISSING), VALUES))


def _object(draw: st.DrawFn, members: dict[str, Any]) -> dict[str, Any]:
    kept = {name: _perhaps(draw, value) for name, value in members.items()}
    return {name: value for name, value in kept.items() if value is not _MISSING}


def _address(draw: st.DrawFn, number: str) -> dict[str, Any]:
    return _object(draw, {"phone_number": number, "status": "webhook_delivered", "carrier": "x"})


@st.composite
def events(draw: st.DrawFn, phone: str, texts: st.SearchStrategy[str]) -> dict[str, Any]:
    """One event, about a text from this phone or about one to it."""
    kind = draw(st.one_of(st.just("message.received"), st.sampled_from(KINDS)))
    text = draw(texts)
    form = draw(st.sampled_from(["SMS", "SMS", "MMS", "RCS", "WhatsApp", "sms"]))
    sender = phone if draw(st.integers(0, 5)) else draw(_NUMBERS)
    to = NUMBER if draw(st.integers(0, 5)) else draw(_NUMBERS)
    payload: dict[str, Any] = {
        "id": draw(_IDS),
        "direction": "inbound",
        "type": form,
        "from": _address(draw, sender),
        "to": draw(st.sampled_from([[_address(draw, to)], to, [], [_address(draw, to)] * 50])),
        "text": text,
        "media": [{"url": "https://media.example/1", "content_type": "image/png"}],
        "errors": draw(st.sampled_from([[], [{"code": "40300"}], [{"code": 40010}], None])),
    }
    if form == "RCS":
        payload["text"] = None
        payload["body"] = draw(
            st.sampled_from(
                [{"text": text}, {"suggestion_response": {"postback_data": text}}, None, [], {}]
            )
        )
    if draw(st.integers(0, 3)) == 0:
        payload["received_at"] = draw(_TIMES)
    if draw(st.integers(0, 5)) == 0:
        payload["autoresponse_type"] = draw(_AUTORESPONSES)
    data = {"id": draw(_IDS), "event_type": kind, "payload": _object(draw, payload)}
    return _object(draw, {"data": _object(draw, data), "meta": {"attempt": 1}})


def written(event: Any) -> bytes:
    """As JSON; a lone surrogate is an escape."""
    return json.dumps(event).encode()


def _damage(body: bytes, at: int, noise: bytes) -> bytes:
    at %= len(body) + 1
    return body[:at] + noise + body[at + len(noise) :]


def damaged(bodies: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Bodies that are hardly JSON any more, and others that never were."""
    return st.one_of(
        bodies,
        bodies,
        st.builds(_damage, bodies, st.integers(0, 10_000), st.binary(min_size=1, max_size=6)),
        st.builds(lambda body, end: body[:end], bodies, st.integers(0, 500)),
        bodies.map(lambda body: body.decode().encode("utf-16")),
        st.builds(bytes.__add__, bodies, st.binary(max_size=40)),
        st.sampled_from(
            [b"[" * 60_000, b'{"data":' * 8_000, b"\xff" * 100, b"", b"null", b" " * 70_000]
        ),
        st.binary(max_size=200),
    )


__all__ = ["KINDS", "VALUES", "damaged", "events", "generated_texts", "written"]
