"""One service in this process, Telnyx's stand-in at its other end, and the people who use both.

Everything is real but the network: the application with its lifespan, its database, Telnyx's SDK,
signed webhooks. Time stands still until a test moves it.
"""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from nacl.signing import SigningKey
from pydantic import SecretStr
from starlette.types import ASGIApp, Message

from bot.commands import OutboxSwept
from webhooks.app import create_app
from webhooks.sandbox import Sandbox
from webhooks.service import Service
from webhooks.settings import Settings

T = TypeVar("T")

NUMBER = "+14155550100"
PHONE = "+14155550123"
OTHER_PHONE = "+14155550124"
SHOP, OTHER_SHOP = "shop:" + "s" * 40, "other:" + "o" * 40
MINUTE_MS = 60_000
PATIENCE = 10.0
WEBHOOK = "/webhooks/telnyx"
CODE = re.compile(r"(?<![0-9])[0-9]{6,8}(?![0-9])")


@dataclass
class Clock:
    """Milliseconds, moved by hand."""

    now: int = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now

    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds


@dataclass
class Signer:
    """Telnyx's key, for webhooks that a test words itself."""

    clock: Callable[[], int]
    key: SigningKey = field(default_factory=SigningKey.generate)

    @property
    def public_key(self) -> str:
        return base64.b64encode(bytes(self.key.verify_key)).decode()

    def headers(self, body: bytes, timestamp: str | None = None) -> dict[str, str]:
        at = timestamp or str(self.clock() // 1000)
        signature = self.key.sign(at.encode() + b"|" + body).signature
        return {
            "telnyx-timestamp": at,
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        }


def make_settings(database_url: str, public_key: str, **changes: Any) -> Settings:
    """Two web apps, no cooldown to wait for unless a test asks for one."""
    values: dict[str, Any] = {
        "telnyx_api_key": SecretStr("KEY-of-nobody"),
        "telnyx_public_key": public_key,
        "telnyx_phone_number": (NUMBER,),
        "telnyx_base_url": "http://telnyx.test/v2",
        "secret_key": (SecretStr("a key for tests, at least 32 characters"),),
        "database_url": database_url,
        "api_keys": {
            name: SecretStr(key)
            for name, _, key in (SHOP.partition(":"), OTHER_SHOP.partition(":"))
        },
        "log_level": "error",
    }
    return Settings(_env_file=None, **(values | changes))


class Line(httpx.AsyncBaseTransport):
    """The way to Telnyx. It can be cut, and it can withhold the answers to what it delivered."""

    def __init__(self, far_end: httpx.AsyncBaseTransport) -> None:
        self._far_end = far_end
        self.keys: list[str] = []
        self.broken: Exception | None = None
        self.answers = asyncio.Event()
        self.answers.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers["idempotency-key"])
        if self.broken is not None:
            raise self.broken
        response = await self._far_end.handle_async_request(request)
        await self.answers.wait()
        return response


@dataclass
class Phone:
    """Somebody with a phone: texts, and reads what comes, in order."""

    world: "World"
    number: str = PHONE
    seen: int = 0

    async def text(self, words: str) -> int:
        """Texts, and returns what the webhook was answered."""
        return await self.world.text(self.number, words)

    async def reads(self) -> str:
        """The next text, once it is here."""

        async def next_text() -> str | None:
            texts = await self.world.got(self.number)
            return texts[self.seen]["text"] if len(texts) > self.seen else None

        text = await eventually(next_text)
        self.seen += 1
        return text

    async def code(self) -> str:
        return code_in(await self.reads())

    async def unread(self) -> list[str]:
        """What else has come, once nothing is on its way any more."""
        await self.world.idle()
        texts = [text["text"] for text in (await self.world.got(self.number))[self.seen :]]
        self.seen += len(texts)
        return texts


@dataclass
class WebApp:
    """A web app with its key, or a browser with a poll token."""

    http: httpx.AsyncClient
    bearer: str

    async def ask(self, method: str, path: str = "", **arguments: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.bearer}"} | arguments.pop("headers", {})
        url = f"/v1/verifications{path}"
        return await self.http.request(method, url, headers=headers, **arguments)

    async def create(self, **members: Any) -> dict[str, Any]:
        return expect(await self.ask("POST", json=members), 201)

    async def open(self, **members: Any) -> dict[str, Any]:
        return await self.create(method="text", **members)

    async def show(self, id: str) -> dict[str, Any]:
        return expect(await self.ask("GET", f"/{id}"), 200)

    async def find(self, phone: str = PHONE) -> list[dict[str, Any]]:
        found = expect(await self.ask("GET", params={"phone_number": phone}), 200)
        data: list[dict[str, Any]] = found["data"]
        return data

    async def check(self, id: str, code: str) -> httpx.Response:
        return await self.ask("POST", f"/{id}/check", json={"code": code})

    async def redeem(self, id: str) -> httpx.Response:
        return await self.ask("POST", f"/{id}/redeem")


@dataclass
class World:
    """The service and whoever is around it."""

    app: ASGIApp
    service: Service
    sandbox: Sandbox
    line: Line
    clock: Clock
    signer: Signer
    http: httpx.AsyncClient
    phones: httpx.AsyncClient
    arrivals: "Arrivals"
    signs: bool

    def phone(self, number: str = PHONE) -> Phone:
        return Phone(self, number)

    def web_app(self, bearer: str = SHOP) -> WebApp:
        return WebApp(self.http, bearer)

    async def text(self, sender: str, words: str) -> int:
        response = await self.phones.post("/texts", json={"from": sender, "text": words})
        id = expect(response, 202)["data"]["id"]
        return await asyncio.wait_for(self.arrivals.of(id), PATIENCE)

    async def got(self, number: str) -> list[dict[str, Any]]:
        response = await self.phones.get("/messages", params={"phone_number": number})
        data: list[dict[str, Any]] = expect(response, 200)["data"]
        return data

    async def post(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """A webhook as it stands, signed unless it brings headers."""
        given = self.signer.headers(body) if headers is None else headers
        return await self.http.post(WEBHOOK, content=body, headers=given)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database holds."""
        with self.service.database.reading.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def count(self, table: str, where: str = "1 = 1") -> int:
        ((count,),) = self.rows(f"SELECT count(*) FROM {table} WHERE {where}")
        return int(count)

    def taken(self) -> int:
        """How many phones' texts and other events are remembered."""
        return self.count("phones", "texts <> ''") + self.count("events")

    async def idle(self) -> None:
        """Until the outbox is empty and both receipts of each text were taken in."""

        async def is_idle() -> bool:
            queued = self.count("messages", "state = 'queued'")  # first: what leaves it is counted
            accepted = 0 if self.signs else self.count("messages", "provider_id IS NOT NULL")
            receipts = self.count("events", "kind = 'receipt'")
            return not queued and receipts >= 2 * accepted

        await eventually(is_idle)

    async def until(self, table: str, where: str) -> None:
        """Waits for a row like this."""

        async def exists() -> bool:
            return self.count(table, where) > 0

        await eventually(exists)

    async def later(self, milliseconds: int) -> None:
        """Time passes, and the outbox is looked through as it is each second."""
        self.clock.advance(milliseconds)
        await self.service.writer.submit(OutboxSwept(self.service.writer.slots.free))


class Arrivals:
    """What the webhook answered each text and receipt, by its id; and their very bytes."""

    def __init__(self) -> None:
        self.posted: list[tuple[bytes, dict[str, str]]] = []
        self._answers: dict[str, asyncio.Future[int]] = {}

    def of(self, id: str) -> "asyncio.Future[int]":
        return self._answers.setdefault(id, asyncio.get_running_loop().create_future())

    def add(self, body: bytes, headers: dict[str, str], status: int) -> None:
        self.posted.append((body, headers))
        answer = self.of(json.loads(body)["data"]["payload"]["id"])
        if not answer.done():
            answer.set_result(status)


@asynccontextmanager
async def world(
    database_url: str, *, signs: bool = False, clock: Clock | None = None, **changes: Any
) -> AsyncIterator[World]:
    """A running service. With `signs` the test is Telnyx and the sandbox's webhooks are refused."""
    clock = clock or Clock()
    signer, arrivals = Signer(clock), Arrivals()

    async def post(body: bytes, headers: dict[str, str]) -> int:
        if signs:
            return 200
        response = await http.post(WEBHOOK, content=body, headers=headers)
        arrivals.add(body, headers, response.status_code)
        return response.status_code

    sandbox = Sandbox(number=NUMBER, post=post, retry_after=(0.05, 0.1), now=lambda: clock() / 1000)
    line = Line(httpx.ASGITransport(sandbox.app))
    public_key = signer.public_key if signs else sandbox.public_key
    app = create_app(
        make_settings(database_url, public_key, **changes),
        http_client=httpx.AsyncClient(transport=line),
        clock=clock,
    )
    phones = _client(sandbox.app)
    async with _client(app, _has_request_id) as http, phones, running(app) as state:
        sandbox.start()
        try:
            yield World(
                app, state["service"], sandbox, line, clock, signer, http, phones, arrivals, signs
            )
        finally:
            await sandbox.stop()


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[dict[str, Any]]:
    """The application's lifespan, as a server runs it; its state. Raises what its start raises."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    state: dict[str, Any] = {}
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}
    task = asyncio.create_task(_lifespan(app, scope, to_app, from_app))
    to_app.put_nowait({"type": "lifespan.startup"})
    if (await from_app.get())["type"] != "lifespan.startup.complete":
        await task
    try:
        yield state
    finally:
        to_app.put_nowait({"type": "lifespan.shutdown"})
        await task


async def _lifespan(
    app: ASGIApp,
    scope: dict[str, Any],
    to_app: "asyncio.Queue[Message]",
    from_app: "asyncio.Queue[Message]",
) -> None:
    await app(scope, to_app.get, from_app.put)


async def eventually(
    probe: Callable[[], Awaitable[T | None]], patience: float = PATIENCE, pause: float = 0.005
) -> T:
    """What the probe finds, asked again until it is something; a failed test after `patience`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while True:
        found = await probe()
        if found:
            return found
        assert loop.time() < deadline, f"not within {patience} s"
        await asyncio.sleep(pause)


def text_event(
    words: str | None,
    phone: str = PHONE,
    *,
    event_id: str | None = None,
    message_id: str | None = None,
    **members: Any,
) -> bytes:
    """`message.received`, as Telnyx posts it; members replace those of the payload (`sender` its
    `from`)."""
    payload: dict[str, Any] = {
        "id": message_id or str(uuid4()),
        "direction": "inbound",
        "type": "SMS",
        "from": {"phone_number": phone},
        "to": [{"phone_number": NUMBER}],
        "text": words,
    }
    if "sender" in members:
        members["from"] = members.pop("sender")
    return event("message.received", payload | members, event_id)


def receipt_event(
    provider_id: str, status: str, code: str | None = None, *, event_id: str | None = None
) -> bytes:
    """`message.sent` or `message.finalized`."""
    kind = "message.sent" if status in ("queued", "sending", "sent") else "message.finalized"
    payload = {
        "id": provider_id,
        "to": [{"phone_number": PHONE, "status": status}],
        "errors": [{"code": code, "title": "-"}] if code else [],
    }
    return event(kind, payload, event_id)


def event(kind: str, payload: object, event_id: str | None = None) -> bytes:
    data = {"id": event_id or str(uuid4()), "event_type": kind, "payload": payload}
    return json.dumps({"data": data, "meta": {"attempt": 1}}).encode()


def expect(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    return body


def code_in(text: str) -> str:
    """The one code in a text."""
    (code,) = CODE.findall(text)
    return str(code)


def wrong(code: str, by: int = 1) -> str:
    """Another code of the same length."""
    return str((int(code) + by) % 10 ** len(code)).zfill(len(code))


def _client(app: ASGIApp, *hooks: Callable[[httpx.Response], Awaitable[None]]) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://service.test",
        event_hooks={"response": list(hooks)},
    )


async def _has_request_id(response: httpx.Response) -> None:
    """Whatever a test asks for, this holds of the answer."""
    (request_id,) = response.headers.get_list("x-request-id")
    assert re.fullmatch("[0-9a-f]{16}", request_id)
