"""The service's end of the sandbox: webhooks arrive here, and the real SDK calls from here."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import telnyx
from nacl.signing import VerifyKey
from starlette.applications import Starlette
from starlette.routing import Mount

from webhooks.sandbox import Sandbox

NUMBER = "+14155550100"
PHONE = "+12025550123"
PATIENCE = 5.0


@dataclass
class Webhook:
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
        signed = self.headers["telnyx-timestamp"].encode() + b"|" + self.body
        signature = base64.b64decode(self.headers["telnyx-signature-ed25519"])
        VerifyKey(base64.b64decode(public_key)).verify(signed, signature)


@dataclass
class Service:
    """Answers webhooks with `replies` in turn, then with 200; an exception is raised instead."""

    replies: list[int | Exception] = field(default_factory=list)
    arrived: asyncio.Queue[Webhook] = field(default_factory=asyncio.Queue)

    async def post(self, body: bytes, headers: dict[str, str]) -> int:
        self.arrived.put_nowait(Webhook(body, headers))
        reply = self.replies.pop(0) if self.replies else 200
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def webhook(self) -> Webhook:
        return await asyncio.wait_for(self.arrived.get(), PATIENCE)


@dataclass
class Clock:
    seconds: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class World:
    sandbox: Sandbox
    service: Service
    http: httpx.AsyncClient
    sdk: telnyx.AsyncTelnyx
    clock: Clock

    async def send(self, to: str = PHONE, text: str = "Hello", key: str = "") -> httpx.Response:
        headers = {"Authorization": "Bearer x"} | ({"Idempotency-Key": key} if key else {})
        body = {"from": NUMBER, "to": to, "text": text}
        return await self.http.post("/sandbox/v2/messages", json=body, headers=headers)

    async def text(self, text: str, sender: str = PHONE) -> httpx.Response:
        return await self.http.post("/sandbox/texts", json={"from": sender, "text": text})

    async def got(self, phone_number: str) -> list[dict[str, Any]]:
        params = {"phone_number": phone_number}
        response = await self.http.get("/sandbox/messages", params=params)
        data: list[dict[str, Any]] = response.json()["data"]
        return data


@asynccontextmanager
async def world(*replies: int | Exception, latency: float = 0.0) -> AsyncIterator[World]:
    """A running sandbox, mounted as in the demo, and what talks to it in this process."""
    service, clock = Service(list(replies)), Clock()
    sandbox = Sandbox(
        number=NUMBER, post=service.post, latency=latency, retry_after=(0.0, 0.0), now=clock
    )
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/sandbox", sandbox.app)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://demo") as http:
        sdk = telnyx.AsyncTelnyx(
            api_key="x",
            base_url="http://demo/sandbox/v2",
            public_key=sandbox.public_key,
            max_retries=0,
            http_client=http,
        )
        sandbox.start()
        yield World(sandbox, service, http, sdk, clock)
        await sandbox.stop()
