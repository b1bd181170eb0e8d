"""A web app that is called back over real HTTP on loopback, and the service that calls it.

Everything else is as in `tests.harness.running_service`: time advances only when a test moves it.
The clock starts at the real time, since signatures are only valid within five minutes of it.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from aiohttp import web
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from bot.codes import Secrets
from bot.commands import CallbacksSwept
from storage.clients import ClientStore, RegisteredClient, digest
from storage.database import Database
from storage.writer import wall_clock
from tests.harness.running_service import (
    NUMBER,
    PATIENCE,
    WEBHOOK,
    Arrivals,
    Clock,
    Line,
    Signer,
    WebApp,
    World,
    expect,
    make_settings,
    running,
)
from webhooks.app import create_app
from webhooks.clients.callback_secrets import CallbackSecrets, new_secret
from webhooks.sandbox import Sandbox

KEY, OTHER_KEY = "tl_" + "c" * 43, "tl_" + "d" * 43
SECRET_KEY = "a key for callbacks of at least 32 characters"


@dataclass
class Request:
    """One call, as it came in."""

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
class Receiver:
    """The web app's end: answers `status` with `headers`, once `answers` is set."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    secret: str = field(default_factory=new_secret)
    port: int = 0

    def __post_init__(self) -> None:
        self.requests: list[Request] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self._arrived: asyncio.Queue[Request] = asyncio.Queue()
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def open(self) -> None:
        """Listens, on the port that it had before if it had one."""
        self._runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Nothing listens: a call is refused at once."""
        self.answers.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def next(self) -> Request:
        """The next call, once it is here."""
        return await asyncio.wait_for(self._arrived.get(), PATIENCE)

    @property
    def unread(self) -> int:
        return self._arrived.qsize()

    def verify(self, request: Request) -> Any:
        """The event, where an independent reader of the standard believes it. Raises."""
        return Webhook(self.secret).verify(request.body, request.headers)

    def signature(self, request: Request) -> str:
        """What that reader would have signed, whatever time it is."""
        at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
        return Webhook(self.secret).sign(request.id, at, request.body.decode())

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        arrived = Request(request.path, headers, await request.read())
        self.requests.append(arrived)
        self._arrived.put_nowait(arrived)
        await self.answers.wait()
        return web.Response(status=self.status, headers=self.headers)


@dataclass
class Called(World):
    """The service and its registered web app, which is called back."""

    receiver: Receiver

    def shop(self) -> WebApp:
        return self.web_app(KEY)

    async def call(self) -> None:
        """What is due is taken, as it is each second."""
        writer = self.service.writer
        await writer.submit(CallbacksSwept(writer.slots.owner, 32))

    async def settled(self, where: str, count: int = 1) -> None:
        """Until as many callbacks are as they should be."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while self.count("callbacks", where) != count:
            found = self.rows("SELECT state, tries, answer FROM callbacks")
            assert asyncio.get_running_loop().time() < deadline, found
            await asyncio.sleep(0.005)

    async def ends(self, **members: Any) -> dict[str, Any]:
        """A request that is opened and canceled: the shortest way to a callback."""
        opened = await self.shop().open(**members)
        return expect(await self.shop().ask("POST", f"/{opened['id']}/cancel"), 200)

    async def due(self) -> None:
        """Time passes until the earliest waiting callback may be tried again, and it is."""
        ((at,),) = self.rows("SELECT min(not_before) FROM callbacks WHERE state = 'queued'")
        self.clock.now = max(int(at), self.clock.now)
        await self.call()


def register(
    database_url: str,
    receiver: Receiver,
    *,
    name: str = "app",
    key: str = KEY,
    url: str | None = None,
    secret_key: str = SECRET_KEY,
) -> None:
    """As `textlogin clients add` does."""
    database = Database(database_url)
    callback_secrets = CallbackSecrets(Secrets([secret_key]))
    client = RegisteredClient(
        name=name,
        key=digest(key),
        previous_key=None,
        origin=None,
        callback_url=url or receiver.url,
        return_to=None,
        code_entry="reply",
        accept="sms_reply,sms_reply_ref,browser_code",
        callback_secret=callback_secrets.seal(receiver.secret),
        created_at=wall_clock(),
    )
    try:
        ClientStore(database).add(client)
    finally:
        database.dispose()


@asynccontextmanager
async def listening(**members: Any) -> AsyncIterator[Receiver]:
    """A receiver, gone at the end."""
    receiver = Receiver(**members)
    await receiver.open()
    try:
        yield receiver
    finally:
        await receiver.close()


@asynccontextmanager
async def serving(
    database_url: str,
    receiver: Receiver,
    *,
    clock: Clock | None = None,
    anywhere: bool = True,
    **changes: Any,
) -> AsyncIterator[Called]:
    """A service that may call on loopback unless it is told not to; its web app is registered."""
    clock = clock or Clock(wall_clock())
    changes = {"secret_key": (SecretStr(SECRET_KEY),)} | changes
    arrivals = Arrivals()

    async def post(body: bytes, headers: dict[str, str]) -> int:
        response = await http.post(WEBHOOK, content=body, headers=headers)
        arrivals.add(body, headers, response.status_code)
        return response.status_code

    sandbox = Sandbox(number=NUMBER, post=post, now=lambda: clock() / 1000)
    line = Line(httpx.ASGITransport(sandbox.app))
    app = create_app(
        make_settings(database_url, sandbox.public_key, **changes),
        http_client=httpx.AsyncClient(transport=line),
        clock=clock,
        callbacks_anywhere=anywhere,
    )
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service.test")
    phones = httpx.AsyncClient(
        transport=httpx.ASGITransport(sandbox.app), base_url="http://sandbox.test"
    )
    async with http, phones, running(app) as state:
        sandbox.start()
        signer = Signer(clock)
        try:
            yield Called(
                app, state["service"], sandbox, line, clock, signer, http, phones, arrivals,
                False, receiver,
            )  # fmt: skip
        finally:
            await sandbox.stop()


@asynccontextmanager
async def called(database_url: str, **changes: Any) -> AsyncIterator[Called]:
    """Both ends, the web app registered."""
    async with listening() as receiver:
        register(database_url, receiver)
        async with serving(database_url, receiver, **changes) as at:
            yield at
