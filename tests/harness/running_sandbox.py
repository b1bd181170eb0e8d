"""The sandbox alone: the test receives its webhooks, and calls it with Telnyx's SDK."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import telnyx
from nacl.signing import VerifyKey
from starlette.applications import Starlette

from tests.harness.eventually import PATIENCE_S
from webhooks.sandbox import DemoClock, Sandbox

NUMBER = "+14155550100"
PHONE = "+12025550123"
URL = "http://127.0.0.1:8000"
WEBHOOK_URL = f"{URL}/webhooks/telnyx"


@dataclass
class Webhook:
    """One webhook, as the sandbox posts it."""

    url: str
    body: bytes
    headers: dict[str, str]

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def type(self) -> str:
        return str(self.event["data"]["event_type"])

    @property
    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = self.event["data"]["payload"]
        return payload

    def verify(self, public_key: str) -> None:
        """Raises unless this key has signed it."""
        signed = self.headers["telnyx-timestamp"].encode() + b"|" + self.body
        signature = base64.b64decode(self.headers["telnyx-signature-ed25519"])
        VerifyKey(base64.b64decode(public_key)).verify(signed, signature)


@dataclass
class WebhookReceiver:
    """Answers webhooks with `replies` in turn, then with 200; an exception is raised instead."""

    replies: list[int | Exception] = field(default_factory=list)
    unread: asyncio.Queue[Webhook] = field(default_factory=asyncio.Queue)

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.unread.put_nowait(Webhook(url, body, headers))
        reply = self.replies.pop(0) if self.replies else 200
        if isinstance(reply, Exception):
            raise reply
        return reply


@dataclass
class ClockInSeconds:
    """A real clock for the sandbox; a test sets its time in seconds since the epoch."""

    now: float = 1_800_000_000.0

    def __call__(self) -> int:
        return round(self.now * 1000)

    def wall(self) -> int:
        return self()

    def not_before(self, time_ms: int) -> int:
        return max(self(), time_ms)


@dataclass
class RunningSandbox:
    """The sandbox as a service and as phones see it."""

    sandbox: Sandbox
    receiver: WebhookReceiver
    http: httpx.AsyncClient
    sdk: telnyx.AsyncTelnyx
    clock: ClockInSeconds

    async def send(
        self, to: str = PHONE, text: str = "Hello", key: str = "", **members: Any
    ) -> httpx.Response:
        """The service sends a text; `members` are further members of the body."""
        headers = {"Authorization": "Bearer x"} | ({"Idempotency-Key": key} if key else {})
        body = {"from": NUMBER, "to": to, "text": text, **members}
        return await self.http.post("/sandbox/v2/messages", json=body, headers=headers)

    async def text(self, text: str, sender: str = PHONE) -> httpx.Response:
        """A phone sends a text."""
        return await self.http.post("/sandbox/texts", json={"from": sender, "text": text})

    async def texts_to(self, phone_number: str) -> list[dict[str, Any]]:
        """What a phone got."""
        params = {"phone_number": phone_number}
        response = await self.http.get("/sandbox/messages", params=params)
        data: list[dict[str, Any]] = response.json()["data"]
        return data

    async def advance(self, seconds: int) -> httpx.Response:
        """Move the demo's clock."""
        return await self.http.post("/sandbox/clock", json={"advance": seconds})

    async def webhook(self) -> Webhook:
        """Wait for the next webhook."""
        return await asyncio.wait_for(self.receiver.unread.get(), PATIENCE_S)

    @property
    def has_unread_webhooks(self) -> bool:
        return not self.receiver.unread.empty()


@asynccontextmanager
async def running_sandbox(
    *replies: int | Exception, latency: float = 0.0, save: Callable[[int], None] | None = None
) -> AsyncIterator[RunningSandbox]:
    """A running sandbox, mounted as in the demo. `latency` is in seconds, `save` keeps the offset
    of the clock."""
    receiver, clock = WebhookReceiver(list(replies)), ClockInSeconds()
    sandbox = Sandbox(
        number=NUMBER,
        post=receiver.post,
        webhook_url=WEBHOOK_URL,
        clock=DemoClock(clock, save=save),
        latency=latency,
        retry_after=(0.0, 0.0),
    )
    transport = httpx.ASGITransport(Starlette(routes=sandbox.routes))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
        sdk = telnyx.AsyncTelnyx(
            api_key="x",
            base_url=f"{URL}/sandbox/v2",
            public_key=sandbox.public_key,
            max_retries=0,
            http_client=http,
        )
        sandbox.start()
        try:
            yield RunningSandbox(sandbox, receiver, http, sdk, clock)
        finally:
            await sandbox.stop()
