"""Telnyx's webhooks as ready bytes, signed beforehand so that signing costs the load nothing."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from nacl.signing import SigningKey

from webhooks.inbound import PATH

NUMBER = "+14155550100"

# fmt: off
_AREAS = (
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224,
    225, 228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270,
    276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318,
    319, 320, 321, 323, 325, 330, 334, 336, 337, 347, 352, 360, 361, 386, 402, 404, 405, 406,
    407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 434, 435, 440, 443, 469,
    478, 479, 480, 484, 501, 502, 503, 504, 505, 507, 508, 509, 510, 512, 513, 515, 516, 517,
    518, 520, 530, 540, 541, 559, 561, 562, 563, 570, 571, 573, 574, 580, 585, 586, 601, 602,
    603, 605, 606, 607, 608, 609, 610, 612, 614, 615, 616, 617,
)
# fmt: on
_EXCHANGES = [f"{n}" for n in range(200, 1000) if n % 100 != 11 and n != 555]
_NUMBERS = len(_AREAS) * len(_EXCHANGES) * 10_000
_STRIDE = 1_000_000_007  # a prime that divides none of the above: each number comes once

# A text as Telnyx reports it, about 1.2 kB with its headers. Ids, phone, time and text vary.
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
    """A phone texts our number."""

    phone: str
    text: str


class Requests(NamedTuple):
    """A file of requests, each `length` bytes long."""

    path: Path
    length: int


class Files:
    """Where requests are laid down for wrk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = (f"{n}.requests" for n in count())

    def write(self, requests: Iterable[bytes]) -> Requests:
        """One file. Requests must be of one length."""
        path = self._folder / next(self._names)
        length = 0
        with path.open("wb") as file:
            for request in requests:
                length = length or len(request)
                assert len(request) == length, "requests differ in length"
                file.write(request)
        return Requests(path, length)


class Phones:
    """Phones that nobody has used yet, spread over the United States in no order."""

    def __init__(self, start: int = 0) -> None:
        self._positions = count(start)

    def take(self, many: int) -> list[str]:
        """The next so many."""
        return [_phone(position) for position in islice(self._positions, many)]


class Telnyx:
    """Signs texts with a throw-away key. What is signed is good for the next five minutes."""

    def __init__(self) -> None:
        self._key = SigningKey.generate()

    @property
    def public_key(self) -> str:
        """As TELNYX_PUBLIC_KEY wants it."""
        return base64.b64encode(bytes(self._key.verify_key)).decode()

    def requests(self, texts: Iterable[Text]) -> Iterator[bytes]:
        """Each text as a whole HTTP request."""
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


def get(path: str, **headers: str) -> bytes:
    """A whole GET request; `_` in a header's name stands for a hyphen."""
    return _bare("GET", path, headers)


def post(path: str, **headers: str) -> bytes:
    """A POST without a body."""
    return _bare("POST", path, headers | {"content_length": "0"})


def _bare(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    lines = (f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"{method} {path} HTTP/1.1\r\nHost: login.example.com\r\n"
    return f"{head}{''.join(lines)}\r\n".encode()


def _phone(position: int) -> str:
    place, line = divmod(position * _STRIDE % _NUMBERS, 10_000)
    area, exchange = divmod(place, len(_EXCHANGES))
    return f"+1{_AREAS[area]}{_EXCHANGES[exchange]}{line:04}"
