"""A fake of Telnyx's API, with the phones behind it, on the load's core.

Phones text by signed webhooks. The service sends its texts here through the real SDK; the phone
that receives a code replies with it. It must cost less CPU time than the service.
"""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self, cast
from uuid import uuid4

import httptools
import msgspec

from tests.benchmarks.errors import InvalidRun
from tests.benchmarks.event_loop import EventLoopThread
from tests.benchmarks.load import Run
from tests.benchmarks.traffic import Traffic
from tests.benchmarks.webhook_pool import WebhookPool
from tests.benchmarks.webhook_signer import Text

_AT_ONCE = 96
_DRAIN_TIMEOUT_S = 20.0
_CODE = re.compile(r"\d{6,8}")
_ANSWER = """\
{"data":{"record_type":"message","direction":"outbound","id":"%s","type":"SMS",\
"messaging_profile_id":"40019c2f-5b4e-4a70-9a0e-2f4d1c3f8a11","organization_id":\
"b448f9cc-a842-4784-98e9-03c1a5872950","from":{"phone_number":"%s","carrier":"Telnyx",\
"line_type":"Wireless"},"to":[{"phone_number":"%s","status":"queued","carrier":"T-Mobile USA",\
"line_type":"Wireless"}],"cc":[],"text":"","media":[],"webhook_url":"","webhook_failover_url":"",\
"encoding":"GSM-7","parts":1,"tags":[],"cost":{"amount":"0.0040","currency":"USD"},\
"tcr_campaign_id":null,"tcr_campaign_billable":false,"tcr_campaign_registered":null,\
"received_at":"2026-01-01T00:00:00.000+00:00","sent_at":null,"completed_at":null,\
"valid_until":"2026-01-01T01:00:00.000+00:00","errors":[]}}"""


class _Sent(msgspec.Struct):
    sender: str = msgspec.field(name="from")
    to: str
    text: str


class FakeTelnyx(EventLoopThread):
    """Listens on a free port of 127.0.0.1 while its `with` block runs."""

    def __init__(self, traffic: Traffic) -> None:
        super().__init__()
        self._port = 0
        self._traffic = traffic
        self._webhooks = WebhookPool()
        self._started: dict[str, float] = {}
        self._durations_s: list[float] = []
        self._starts_logins = False
        self._all_ended = asyncio.Event()

    def __enter__(self) -> Self:
        super().__enter__()
        self._port = self.run(self._listen())
        return self

    @property
    def base_url(self) -> str:
        """The value of TELNYX_BASE_URL."""
        return f"http://127.0.0.1:{self._port}/v2"

    def log_in(self, port: int, seconds: float, at_once: int = _AT_ONCE) -> Run:
        """Logins at the service on that port, `at_once` of them in progress at any time.

        A login is LOGIN, code, reply, confirmation. Raises InvalidRun.
        """
        return self.run(self._log_in(port, seconds, at_once))

    async def _listen(self) -> int:
        listening = socket.create_server(("127.0.0.1", 0))
        await self.loop.create_server(lambda: _Api(self._receive), sock=listening)
        port: int = listening.getsockname()[1]
        return port

    async def _log_in(self, port: int, seconds: float, at_once: int) -> Run:
        self._webhooks = WebhookPool()
        await self._webhooks.connect(port)
        self._starts_logins = True
        self._durations_s.clear()
        began = time.monotonic()
        for _ in range(at_once):
            self._start_login()
        await asyncio.sleep(seconds)
        durations_s, lasted_s = sorted(self._durations_s), time.monotonic() - began
        self._starts_logins = False
        await self._drain()
        self._webhooks.close()
        return self._result(durations_s, lasted_s)

    async def _drain(self) -> None:
        """Wait until the logins in progress end, at most 20 seconds."""
        self._all_ended.clear()
        if self._started:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_ended.wait(), _DRAIN_TIMEOUT_S)

    def _result(self, durations_s: list[float], lasted_s: float) -> Run:
        many, lost, refused = len(durations_s), len(self._started), self._webhooks.refused
        self._started.clear()
        if not many or lost or refused:
            raise InvalidRun(f"{many} logins, {lost} without an end, {refused} webhooks refused")
        p50, p99 = (durations_s[int(many * share)] * 1000 for share in (0.5, 0.99))
        return Run(many, 0, 0, lasted_s, p50, p99, durations_s[-1] * 1000)

    def _start_login(self) -> None:
        (phone,) = self._traffic.phones.take(1)
        self._started[phone] = time.monotonic()
        self._text(phone, "LOGIN")

    def _text(self, phone: str, text: str) -> None:
        self._webhooks.post(next(self._traffic.signer.requests([Text(phone, text)])))

    def _receive(self, sent: _Sent) -> None:
        """Reply to a code; after the confirmation start the next login."""
        code = _CODE.search(sent.text)
        if code is not None:
            self._text(sent.to, code[0])
            return
        started = self._started.pop(sent.to, None)
        if started is not None:
            self._durations_s.append(time.monotonic() - started)
            if self._starts_logins:
                self._start_login()
            elif not self._started:
                self._all_ended.set()


class _Api(asyncio.Protocol):
    """A connection from the SDK: each request is a text to send."""

    def __init__(self, receive: Callable[[_Sent], None]) -> None:
        self._receive = receive
        self._body = b""
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(
            asyncio.Transport, transport
        )  # uvloop's transports are not subclasses

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if not self._body:  # the service asks for what it has missed
            self._answer(b'{"data":[]}')
            return
        sent = msgspec.json.decode(self._body, type=_Sent)
        self._body = b""
        answer = (_ANSWER % (uuid4(), sent.sender, sent.to)).encode()
        self._answer(answer)
        self._receive(sent)

    def _answer(self, answer: bytes) -> None:
        assert self._transport is not None
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        self._transport.write(head % len(answer) + answer)
