"""The JSON of messages and webhooks, as in Telnyx's OpenAPI document."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from webhooks.sandbox.encoding import encoding_of, parts_of
from webhooks.sandbox.keywords import autoresponse
from webhooks.sandbox.messages import Message
from webhooks.sandbox.texts import Text
from webhooks.sandbox.times import iso

# The account's own ids: one messaging profile, one organisation.
PROFILE_ID = "4000eba1-a0c0-4563-9925-b25e842a7cb6"
ORGANIZATION_ID = "b448f9cc-a842-4784-98e9-03c1a5872950"


@dataclass(frozen=True, slots=True)
class Event:
    """One webhook, the same for every attempt to deliver it."""

    data: dict[str, Any]

    def body(self, attempt: int, url: str) -> bytes:
        """The bytes to sign and post to this URL; attempts count from 1, over all URLs."""
        meta = {"attempt": attempt, "delivered_to": url}
        return json.dumps({"data": self.data, "meta": meta}).encode()


def message_event(event_type: str, message: Message, occurred_at: float) -> Event:
    """`message.sent` or `message.finalized`, with the current state of the message."""
    return _event(event_type, occurred_at, message_resource(message))


def text_event(text: Text, received_at: float) -> Event:
    """`message.received`."""
    return _event("message.received", received_at, _text_resource(text, received_at))


def message_answer(message: Message) -> bytes:
    """The body of the answer to an accepted message."""
    return json.dumps({"data": message_resource(message)}).encode()


def message_resource(message: Message) -> dict[str, Any]:
    """OutboundMessagePayload."""
    wanted = message.wanted
    return {
        **_resource(wanted.text, message.received_at),
        "type": "MMS" if wanted.media_urls else "SMS",
        "media": [{"url": url, "content_type": None} for url in wanted.media_urls],
        **_webhook_urls(message),
        "id": message.id,
        "direction": "outbound",
        "from": _party(wanted.sender, "TELNYX LLC", "VoIP"),
        "to": [_party(wanted.to, "", "Wireless") | {"status": message.status}],
        "sent_at": _maybe_time(message.sent_at),
        "completed_at": _maybe_time(message.completed_at),
        "errors": list(message.errors),
        "wait_seconds": 0.0,
    }


def message_summary(message: Message) -> dict[str, Any]:
    """A message as the phone sees it."""
    return {
        "id": message.id,
        "from": message.wanted.sender,
        "to": message.wanted.to,
        "text": message.wanted.text or "",
        "status": message.status,
        "created_at": iso(message.created_at),
    }


def _text_resource(text: Text, received_at: float) -> dict[str, Any]:
    """InboundMessagePayload; `autoresponse_type` is present only where Telnyx answers itself."""
    keyword = autoresponse(text.text)
    return {
        **_resource(text.text, received_at),
        "id": str(uuid.uuid4()),
        "direction": "inbound",
        "from": _party(text.sender, "", "Wireless"),
        "to": [_party(text.to, "TELNYX LLC", "VoIP") | {"status": "webhook_delivered"}],
        **({"autoresponse_type": keyword} if keyword else {}),
    }


def _webhook_urls(message: Message) -> dict[str, str | None]:
    url, failover_url, *_ = (*message.webhooks, None, None)
    return {"webhook_url": url, "webhook_failover_url": failover_url}


def _resource(text: str | None, received_at: float) -> dict[str, Any]:
    return {
        "record_type": "message",
        "type": "SMS",
        "organization_id": ORGANIZATION_ID,
        "messaging_profile_id": PROFILE_ID,
        "text": text,
        "subject": None,
        "encoding": encoding_of(text or ""),
        "parts": parts_of(text or ""),
        "num_chars": len(text or ""),
        "media": [],
        "cc": [],
        "tags": [],
        "cost": None,
        "errors": [],
        "received_at": _time(received_at),
        "sent_at": None,
        "completed_at": None,
        "valid_until": None,
        "webhook_url": None,
        "webhook_failover_url": None,
    }


def _event(event_type: str, occurred_at: float, payload: dict[str, Any]) -> Event:
    return Event(
        {
            "event_type": event_type,
            "id": str(uuid.uuid4()),
            "occurred_at": _time(occurred_at),
            "payload": payload,
            "record_type": "event",
        }
    )


def _party(phone_number: str, carrier: str, line_type: str) -> dict[str, str]:
    return {"phone_number": phone_number, "carrier": carrier, "line_type": line_type}


def _maybe_time(seconds: float | None) -> str | None:
    return None if seconds is None else _time(seconds)


def _time(seconds: float) -> str:
    return iso(round(seconds * 1000))
