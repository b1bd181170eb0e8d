"""Telnyx's messages API that misbehaves on demand, and its receipts.

Like the real one it sends a text once per idempotency key. What it accepts reaches the phone at
once; receipts follow as signed webhooks.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count
from uuid import uuid4

from aiohttp import web

from tests.harness.telnyx_events import receipt_event

#: How a request to send a text is answered.
Answer = Callable[["FaultyTelnyx", web.BaseRequest], Awaitable[web.StreamResponse]]

_RECEIPTS_S = {"sent": 0.02, "delivered": 0.1}


class FaultyTelnyx:
    """Listens on one port of loopback. `deliver` takes phone and text, `report` a receipt's body.

    `answer` is one of the functions below; it may change at any time.
    """

    def __init__(
        self, deliver: Callable[[str, str], None], report: Callable[[bytes], None]
    ) -> None:
        self.answer: Answer = accept
        self.tries: Counter[str] = Counter()
        self.port = 0
        self._deliver = deliver
        self._report = report
        self._accepted: dict[str, tuple[bytes, bytes]] = {}
        self._server: web.Server | None = None
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        """The value of TELNYX_BASE_URL."""
        return f"http://127.0.0.1:{self.port}/v2"

    async def open(self) -> None:
        """Listen; on the same port again if it was open before."""
        self._server = web.Server(self._handle)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Refuse connections, and break those that are open."""
        assert self._server is not None
        assert self._runner is not None
        for connection in self._server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        await self._runner.cleanup()

    async def send(self, request: web.BaseRequest) -> tuple[int, bytes]:
        """Send a text, once per idempotency key; status and body of the answer."""
        key, body = request.headers["idempotency-key"], await request.read()
        if key in self._accepted:
            same, answer = self._accepted[key]
            return (200, answer) if same == body else (422, b'{"errors": []}')
        id, message = str(uuid4()), json.loads(body)
        answer = json.dumps({"data": {"id": id}}).encode()
        self._accepted[key] = body, answer
        self._deliver(message["to"], message["text"])
        for status, delay_s in _RECEIPTS_S.items():
            receipt = receipt_event(id, status)
            asyncio.get_running_loop().call_later(delay_s, self._report, receipt)
        return 200, answer

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        if request.method == "GET":  # the service asks for what it has missed
            return web.json_response({"data": []})
        self.tries[request.headers["idempotency-key"]] += 1
        return await self.answer(self, request)


# -- answers ---------------------------------------------------------------------------------------


async def accept(telnyx: FaultyTelnyx, request: web.BaseRequest) -> web.StreamResponse:
    """Send the text."""
    status, body = await telnyx.send(request)
    return web.Response(status=status, body=body, content_type="application/json")


async def hang(telnyx: FaultyTelnyx, request: web.BaseRequest) -> web.StreamResponse:
    """Neither send nor answer, for as long as the client waits."""
    await asyncio.sleep(60)
    return cut(request)


async def accept_slowly(telnyx: FaultyTelnyx, request: web.BaseRequest) -> web.StreamResponse:
    """Send the text, and answer three seconds later."""
    status, body = await telnyx.send(request)
    await asyncio.sleep(3)
    return web.Response(status=status, body=body, content_type="application/json")


async def accept_and_cut(telnyx: FaultyTelnyx, request: web.BaseRequest) -> web.StreamResponse:
    """Send the text, then break the connection instead of answering."""
    await telnyx.send(request)
    return cut(request)


async def fail(telnyx: FaultyTelnyx, request: web.BaseRequest) -> web.StreamResponse:
    """500, nothing is sent."""
    return _error(500, "10007")


async def limit_rate(telnyx: FaultyTelnyx, request: web.BaseRequest) -> web.StreamResponse:
    """429, nothing is sent."""
    return _error(429, "10011")


async def fail_first_tries(telnyx: FaultyTelnyx, request: web.BaseRequest) -> web.StreamResponse:
    """500 to the first try of each text; the second one sends it."""
    is_first = telnyx.tries[request.headers["idempotency-key"]] == 1
    return await (fail if is_first else accept)(telnyx, request)


_garbled = count()


async def accept_and_garble(telnyx: FaultyTelnyx, request: web.BaseRequest) -> web.StreamResponse:
    """Send the text, then answer with a page of HTML, or with bytes that are not HTTP."""
    await telnyx.send(request)
    if next(_garbled) % 2 and request.transport is not None:
        request.transport.write(b"\x16\x03garbage\r\n\r\n")
        request.transport.close()
    return web.Response(body=b"<html>It works!</html>", content_type="text/html")


def cut(request: web.BaseRequest) -> web.StreamResponse:
    """Break the connection. The response is for nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _error(status: int, code: str) -> web.StreamResponse:
    body = json.dumps({"errors": [{"code": code, "title": "-"}]}).encode()
    return web.Response(status=status, body=body, content_type="application/json")
