"""Telnyx's webhooks as bytes, signed before they are sent: signing must not slow the load."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import uuid4

from nacl.signing import SigningKey

from webhooks.telnyx.inbound import PATH

NUMBER = "+14155550100"

# Telnyx's webhook for a received text, about 1.2 kB with its headers.
_BODY = """\
{"data":{"event_type":"message.received","id":"%(event)s","occurred_at":"%(at)s","payload":{\
"autoresponse_type":null,"cc":[],"completed_at":null,"cost":{"amount":"0.0040","currency":"USD"},\
"cost_breakdown":{"carrier_fee":{"amount":"0.0000","currency":"USD"},"rate":{"amount":"0.0040",\
"currency":"USD"}},"direction":"inbound","encoding":"GSM-7","errors":[],"from":{"carrier":\
"T-Mobile USA","line_type":"Wireless","phone_number":"%(phone)s"},"id":"%(message)s",\
"is_spam":false,"media":[],"messaging_profile_id":"40019c2f-5b4e-4a70-9a0e-2f4d1c3f8a11",\
"organization_id":"b448f9cc-a842-4784-98e9-03c1a5872950","parts":1,"received_at":"%(at)s",\
"record_type":"message","sent_at":null,"subject":"","tags":[],"tcr_campaign_billable":false,\
"tcr_campaign_id":null,"tcr_campaign_registered":null,"text":"%(text)s","to":[{"carrier":"Telnyx",\
"line_type":"Wireless","phone_number":"%(number)s","status":"webhook_delivered"}],"type":"SMS",\
"valid_until":null,"webhook_failover_url":null,"webhook_url":\
"https://login.example.com/webhooks/telnyx"},"record_type":"event"},"meta":{"attempt":1,\
"delivered_to":"https://login.example.com/webhooks/telnyx"}}"""

_HEAD = """\
POST %(path)s HTTP/1.1\r
Host: login.example.com\r
User-Agent: telnyx-webhooks\r
Content-Type: application/json\r
Content-Length: %(length)d\r
telnyx-timestamp: %(timestamp)d\r
telnyx-signature-ed25519: %(signature)s\r
\r
"""


class Text(NamedTuple):
    """A text from a phone to our number."""

    phone: str
    text: str


class WebhookSigner:
    """Signs with a key of its own. The service accepts a signature for five minutes."""

    def __init__(self) -> None:
        self._key = SigningKey.generate()

    @property
    def public_key(self) -> str:
        """The value of TELNYX_PUBLIC_KEY."""
        return base64.b64encode(bytes(self._key.verify_key)).decode()

    def requests(self, texts: Iterable[Text]) -> Iterator[bytes]:
        """Each text as a complete HTTP request."""
        for text in texts:
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            values = {"event": uuid4(), "message": uuid4(), "at": at, "number": NUMBER}
            yield self._request((_BODY % (values | text._asdict())).encode())

    def _request(self, body: bytes) -> bytes:
        timestamp = int(time.time())
        signature = self._key.sign(b"%d|%s" % (timestamp, body)).signature
        head = _HEAD % {
            "path": PATH,
            "length": len(body),
            "timestamp": timestamp,
            "signature": base64.b64encode(signature).decode(),
        }
        return head.encode() + body
