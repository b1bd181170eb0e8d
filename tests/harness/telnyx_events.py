"""Webhook events as Telnyx writes and signs them."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from nacl.signing import SigningKey

from tests.harness.phone import PHONE
from tests.harness.settings import NUMBER

WEBHOOK_PATH = "/webhooks/telnyx"


@dataclass
class Signer:
    """Telnyx's signing key, for webhooks that a test writes itself."""

    clock: Callable[[], int]
    key: SigningKey = field(default_factory=SigningKey.generate)

    @property
    def public_key(self) -> str:
        return base64.b64encode(bytes(self.key.verify_key)).decode()

    def headers(self, body: bytes, timestamp: str | None = None) -> dict[str, str]:
        seconds = timestamp or str(self.clock() // 1000)
        signature = self.key.sign(seconds.encode() + b"|" + body).signature
        return {
            "telnyx-timestamp": seconds,
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        }


def text_event(
    words: str | None,
    phone: str = PHONE,
    *,
    event_id: str | None = None,
    message_id: str | None = None,
    **members: Any,
) -> bytes:
    """`message.received`; members replace those of the payload (`sender` its `from`)."""
    payload: dict[str, Any] = {
        "id": message_id or str(uuid4()),
        "direction": "inbound",
        "type": "SMS",
        "from": {"phone_number": phone},
        "to": [{"phone_number": NUMBER}],
        "text": words,
    }
    if "sender" in members:
        members["from"] = members.pop("sender")
    return event("message.received", payload | members, event_id)


def receipt_event(
    provider_id: str, status: str, code: str | None = None, *, event_id: str | None = None
) -> bytes:
    """`message.sent` or `message.finalized`; `code` is Telnyx's error code."""
    kind = "message.sent" if status in ("queued", "sending", "sent") else "message.finalized"
    payload = {
        "id": provider_id,
        "to": [{"phone_number": PHONE, "status": status}],
        "errors": [{"code": code, "title": "-"}] if code else [],
    }
    return event(kind, payload, event_id)


def event(kind: str, payload: object, event_id: str | None = None) -> bytes:
    data = {"id": event_id or str(uuid4()), "event_type": kind, "payload": payload}
    return json.dumps({"data": data, "meta": {"attempt": 1}}).encode()
