"""One service in this process, with the sandbox in place of Telnyx.

Everything is real but the network: the application with its lifespan, its database, Telnyx's SDK,
signed webhooks. The clock changes only when a test moves it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from starlette.types import ASGIApp

from bot.commands import OutboxSwept
from storage.database import Database
from storage.errors import Unavailable
from storage.queries import Reader
from storage.writer import Writer
from tests.harness.clock import Clock
from tests.harness.eventually import PATIENCE_S, eventually, until
from tests.harness.lifespan import lifespan
from tests.harness.phone import PHONE, Phone
from tests.harness.settings import NUMBER, SHOP, make_settings
from tests.harness.telnyx_events import WEBHOOK_PATH, Signer
from tests.harness.telnyx_transport import SandboxWebhooks, TelnyxTransport
from tests.harness.web_app import WebApp, expect
from webhooks.app import create_app
from webhooks.clients.authentication import Clients
from webhooks.sandbox import DemoClock, Sandbox
from webhooks.sandbox.keywords import ANSWERS
from webhooks.service import Service
from webhooks.watch.live import LiveVerifications


@dataclass
class RunningService:
    """The service, its parts, and everything around it."""

    app: ASGIApp
    parts: Service
    sandbox: Sandbox
    telnyx: TelnyxTransport
    webhooks: SandboxWebhooks
    clock: Clock
    signer: Signer
    http: httpx.AsyncClient
    sandbox_http: httpx.AsyncClient
    own_webhooks: bool

    @property
    def writer(self) -> Writer:
        return self.parts.writer

    @property
    def reader(self) -> Reader:
        return self.parts.reader

    @property
    def live(self) -> LiveVerifications:
        return self.parts.live

    @property
    def clients(self) -> Clients:
        return self.parts.clients

    @property
    def database(self) -> Database:
        return self.parts.database

    # -- who uses it -------------------------------------------------------------------------------

    def phone(self, number: str = PHONE) -> Phone:
        return Phone(self, number)

    def web_app(self, bearer: str = SHOP) -> WebApp:
        return WebApp(self.http, bearer)

    async def text(self, sender: str, words: str) -> int:
        """A text by way of the sandbox; the HTTP status of the webhook's answer."""
        return await self._answer_to(await self._send_text(sender, words))

    async def text_late(self, sender: str, words: str, late_ms: int) -> int:
        """The same, but the webhook comes `late_ms` after the sandbox has received the text."""
        self.webhooks.released.clear()
        id = await self._send_text(sender, words)
        self.clock.advance(late_ms)
        self.webhooks.released.set()
        return await self._answer_to(id)

    async def _send_text(self, sender: str, words: str) -> str:
        response = await self.sandbox_http.post("/texts", json={"from": sender, "text": words})
        id: str = expect(response, 202)["data"]["id"]
        return id

    async def _answer_to(self, id: str) -> int:
        return await asyncio.wait_for(self.webhooks.answer_to(id), PATIENCE_S)

    async def texts_to(self, phone: str) -> list[dict[str, Any]]:
        """What a phone got from the service, oldest first. Telnyx's own answers to keywords are
        left out."""
        texts = await self.everything_to(phone)
        return [text for text in texts if text["text"] not in ANSWERS.values()]

    async def everything_to(self, phone: str) -> list[dict[str, Any]]:
        """What a phone got from the service and from Telnyx itself, oldest first."""
        response = await self.sandbox_http.get("/messages", params={"phone_number": phone})
        data: list[dict[str, Any]] = expect(response, 200)["data"]
        return data

    async def post(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """A webhook of these bytes, signed unless it brings headers."""
        given = self.signer.headers(body) if headers is None else headers
        return await self.http.post(WEBHOOK_PATH, content=body, headers=given)

    # -- what the database holds -------------------------------------------------------------------

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.database.reading.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def count(self, table: str, where: str = "1 = 1") -> int:
        ((count,),) = self.rows(f"SELECT count(*) FROM {table} WHERE {where}")
        return int(count)

    def webhooks_recorded(self) -> int:
        """How many phones' texts and other events are remembered."""
        return self.count("phones", "texts <> ''") + self.count("events")

    # -- waiting -----------------------------------------------------------------------------------

    async def idle(self) -> None:
        """Wait until nothing is being sent and the last commit has reached every subscriber."""
        await eventually(self._is_idle)

    async def _is_idle(self) -> bool:
        if self._is_busy():
            return False
        try:  # answered after every earlier commit has reached its subscribers
            await self.writer.submit(OutboxSwept(room=0))
        except Unavailable:
            return False
        return not self._is_busy()

    def _is_busy(self) -> bool:
        if self.telnyx.under_way or self.count("messages", "state = 'queued'"):
            return True
        accepted = () if self.own_webhooks else self.telnyx.accepted
        return not all(map(self.webhooks.has_receipts, accepted))

    async def until_row(self, table: str, where: str) -> None:
        """Wait until a row matches the SQL condition."""
        await until(lambda: self.count(table, where) > 0)

    async def until_waiting(self, count: int) -> None:
        """Wait until `count` requests wait for a change."""
        await until(lambda: self.live.waiting == count)

    async def sweep_after(self, milliseconds: int) -> None:
        """Move the clock, then sweep the outbox, as the service does each second."""
        self.clock.advance(milliseconds)
        await self.writer.submit(OutboxSwept(self.writer.slots.free))


@asynccontextmanager
async def running_service(
    database_url: str,
    *,
    own_webhooks: bool = False,
    clock: Clock | None = None,
    callbacks_anywhere: bool = False,
    answer_timeout_s: float = PATIENCE_S,
    attach: Callable[[Sandbox, Service], None] | None = None,
    frame_own_pages: bool = False,
    catches_up: bool = False,
    **changes: Any,
) -> AsyncIterator[RunningService]:
    """A running service. With `own_webhooks` the test writes and signs the webhooks, and those of
    the sandbox are dropped. `attach` connects the sandbox with the service's parts. `changes` are
    settings. Requests wait for a slow disk, unless the test passes the service's own
    `answer_timeout_s`."""
    clock = clock or Clock()
    signer, webhooks = Signer(clock.wall), SandboxWebhooks()

    async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        if own_webhooks:
            return 200
        await webhooks.released.wait()
        response = await http.post(url, content=body, headers=headers)
        webhooks.add(body, headers, response.status_code)
        return response.status_code

    sandbox = Sandbox(
        number=NUMBER,
        post=post,
        webhook_url=WEBHOOK_PATH,
        clock=DemoClock(clock),
        retry_after=(0.05, 0.1),
    )
    telnyx = TelnyxTransport(httpx.ASGITransport(sandbox.app))
    public_key = signer.public_key if own_webhooks else sandbox.public_key
    app = create_app(
        make_settings(database_url, public_key, **changes),
        http_client=httpx.AsyncClient(transport=telnyx),
        clock=clock,
        callbacks_anywhere=callbacks_anywhere,
        answer_timeout_s=answer_timeout_s,
        attach=None if attach is None else partial(attach, sandbox),
        frame_own_pages=frame_own_pages,
        catches_up=catches_up,
    )
    sandbox_http = httpx.AsyncClient(
        transport=httpx.ASGITransport(sandbox.app), base_url="http://127.0.0.1"
    )
    async with _client(app) as http, sandbox_http, lifespan(app) as state:
        sandbox.start()
        try:
            yield RunningService(
                app=app,
                parts=state["service"],
                sandbox=sandbox,
                telnyx=telnyx,
                webhooks=webhooks,
                clock=clock,
                signer=signer,
                http=http,
                sandbox_http=sandbox_http,
                own_webhooks=own_webhooks,
            )
        finally:
            await sandbox.stop()


def _client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://service.test",
        event_hooks={"response": [_has_request_id]},
    )


async def _has_request_id(response: httpx.Response) -> None:
    """Checked on every response, in every test."""
    (request_id,) = response.headers.get_list("x-request-id")
    assert re.fullmatch("[0-9a-f]{16}", request_id)
