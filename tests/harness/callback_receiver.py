"""A web app's end of callbacks: a real HTTP server on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook

from tests.harness.eventually import PATIENCE_S
from webhooks.clients.callback_secrets import new_secret


@dataclass
class ReceivedCallback:
    """One request as received."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event


@dataclass
class CallbackReceiver:
    """Answers `status` with `headers`, once `answers` is set."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    secret: str = field(default_factory=new_secret)
    port: int = 0

    def __post_init__(self) -> None:
        self.received: list[ReceivedCallback] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self._unread: asyncio.Queue[ReceivedCallback] = asyncio.Queue()
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def open(self) -> None:
        """Listen; on the same port again if it was open before."""
        self._runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening: connections are refused at once."""
        self.answers.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def next(self) -> ReceivedCallback:
        """Wait for the next callback."""
        return await asyncio.wait_for(self._unread.get(), PATIENCE_S)

    @property
    def unread(self) -> int:
        return self._unread.qsize()

    def verify(self, callback: ReceivedCallback) -> Any:
        """The event, checked by an independent implementation of the standard. Raises."""
        return Webhook(self.secret).verify(callback.body, callback.headers)

    def signature(self, callback: ReceivedCallback) -> str:
        """The signature by that implementation, for the timestamp of the callback."""
        moment = datetime.fromtimestamp(int(callback.headers["webhook-timestamp"]), UTC)
        return Webhook(self.secret).sign(callback.id, moment, callback.body.decode())

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        callback = ReceivedCallback(request.path, headers, await request.read())
        self.received.append(callback)
        self._unread.put_nowait(callback)
        await self.answers.wait()
        return web.Response(status=self.status, headers=self.headers)


@asynccontextmanager
async def callback_receiver(**members: Any) -> AsyncIterator[CallbackReceiver]:
    """An open receiver, closed at the end."""
    receiver = CallbackReceiver(**members)
    await receiver.open()
    try:
        yield receiver
    finally:
        await receiver.close()
