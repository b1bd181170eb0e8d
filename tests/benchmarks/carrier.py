"""Telnyx's API and the phones behind it, lean enough for one core to keep another one busy.

Texts go in as signed webhooks; what the service sends through the real SDK arrives here, and the
phone it is for replies with the code that is in it.
"""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Self, cast
from uuid import uuid4

import httptools
import msgspec

from tests.benchmarks.load import Run, Void
from tests.benchmarks.loop import LoopThread
from tests.benchmarks.requests import Phones, Telnyx, Text

_CONNECTIONS = 64
_IN_FLIGHT = 96
_PATIENCE = 20.0
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


class Carrier(LoopThread):
    """Runs in a thread of its own, on the load's core."""

    def __init__(self, telnyx: Telnyx, phones: Phones) -> None:
        super().__init__()
        self.port = 0
        self.texts = 0
        self._telnyx = telnyx
        self._phones = phones
        self._webhooks: _Webhooks | None = None
        self._started: dict[str, float] = {}
        self._took: list[float] = []
        self._starting = False
        self._over = asyncio.Event()

    def __enter__(self) -> Self:
        super().__enter__()
        self.port = self.wait(self._listen())
        return self

    @property
    def base_url(self) -> str:
        """As TELNYX_BASE_URL wants it."""
        return f"http://127.0.0.1:{self.port}/v2"

    def log_in(self, port: int, seconds: float, at_once: int = _IN_FLIGHT) -> Run:
        """Whole logins with the service there: LOGIN, code, reply, confirmation. Raises Void."""
        return self.wait(self._log_in(port, seconds, at_once))

    async def _listen(self) -> int:
        listening = socket.create_server(("127.0.0.1", 0))
        await self.loop.create_server(lambda: _Api(self.receive), sock=listening)
        port: int = listening.getsockname()[1]
        return port

    async def _log_in(self, port: int, seconds: float, at_once: int) -> Run:
        webhooks = self._webhooks = _Webhooks()
        for _ in range(_CONNECTIONS):
            await self.loop.create_connection(webhooks.connection, "127.0.0.1", port)
        self._starting = True
        self._took.clear()
        began = time.monotonic()
        for _ in range(at_once):
            self._start()
        await asyncio.sleep(seconds)
        took, lasted = sorted(self._took), time.monotonic() - began
        self._starting = False
        self._over.clear()
        await self._drain()
        webhooks.close()
        lost = len(self._started)
        if not took or lost or webhooks.refused:
            self._started.clear()
            raise Void(f"{len(took)} logins, {lost} lost, {webhooks.refused} × others than 200")
        p50, p99 = (took[int(len(took) * share)] * 1000 for share in (0.5, 0.99))
        return Run(len(took), 0, 0, lasted, p50, p99, took[-1] * 1000)

    async def _drain(self) -> None:
        """Those that are under way end, but not for ever."""
        if self._started:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), _PATIENCE)

    def _start(self) -> None:
        (phone,) = self._phones.take(1)
        self._started[phone] = time.monotonic()
        self._text(phone, "LOGIN")

    def _text(self, phone: str, text: str) -> None:
        assert self._webhooks is not None
        self._webhooks.post(next(self._telnyx.requests([Text(phone, text)])))

    def receive(self, sent: _Sent) -> None:
        """The phone reads what it got."""
        self.texts += 1
        code = _CODE.search(sent.text)
        if code is not None:
            self._text(sent.to, code[0])
            return
        started = self._started.pop(sent.to, None)
        if started is not None:
            self._took.append(time.monotonic() - started)
            if self._starting:
                self._start()
            elif not self._started:
                self._over.set()


class _Api(asyncio.Protocol):
    """One connection of the SDK's: each request is a message to send."""

    def __init__(self, receive: Callable[[_Sent], None]) -> None:
        self._receive = receive
        self._body = b""
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own are no subclasses

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        assert self._transport is not None
        sent = msgspec.json.decode(self._body, type=_Sent)
        self._body = b""
        answer = (_ANSWER % (uuid4(), sent.sender, sent.to)).encode()
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        self._transport.write(head % len(answer) + answer)
        self._receive(sent)


class _Webhooks:
    """Webhooks on their way, over a number of connections that are kept."""

    def __init__(self) -> None:
        self.refused = 0
        self._waiting: deque[bytes] = deque()
        self._connections: list[_Connection] = []
        self._idle: list[_Connection] = []

    def connection(self) -> _Connection:
        """For the event loop."""
        self._connections.append(_Connection(self))
        return self._connections[-1]

    def close(self) -> None:
        """All of them: the service would close them soon, since they are idle."""
        for connection in self._connections:
            connection.close()

    def post(self, request: bytes) -> None:
        """At once, or when a connection is free."""
        if self._idle:
            self._idle.pop().post(request)
        else:
            self._waiting.append(request)

    def free(self, connection: _Connection) -> None:
        """A connection has nothing to do."""
        if self._waiting:
            connection.post(self._waiting.popleft())
        else:
            self._idle.append(connection)


class _Connection(asyncio.Protocol):
    def __init__(self, webhooks: _Webhooks) -> None:
        self._webhooks = webhooks
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None

    def post(self, request: bytes) -> None:
        assert self._transport is not None
        self._transport.write(request)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own are no subclasses
        self._webhooks.free(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() != 200:
            self._webhooks.refused += 1
        self._webhooks.free(self)
