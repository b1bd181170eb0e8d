"""Somebody who waits: a request that is looked at while it is held, and that can be given up."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message

from tests.harness.running_service import PATIENCE, World, eventually


class LoopClock:
    """The event loop's own clock, which a test can put forward: what is due then happens.

    For SQLite alone: a connection to a server would be taken for dead.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._real = loop.time
        self._ahead = 0.0
        vars(loop)["time"] = self  # in front of its method, for this test alone

    def __call__(self) -> float:
        return self._real() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    name: str
    id: str
    data: dict[str, Any]


@dataclass
class Watcher:
    """One GET, at the level of ASGI."""

    app: ASGIApp
    path: str
    bearer: str
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "GET"
    status: int = 0
    answered: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    read: int = 0

    def __post_init__(self) -> None:
        path, _, query = self.path.partition("?")
        given = {"authorization": f"Bearer {self.bearer}"} | self.headers
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": f"/v1/verifications/{path}",
            "raw_path": f"/v1/verifications/{path}".encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
            "client": ("203.0.113.9", 4711),
            "server": ("service.test", 80),
        }
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._messages.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        self._task = asyncio.create_task(self._run(scope))

    async def _run(self, scope: dict[str, Any]) -> None:
        await self.app(scope, self._messages.get, self._send)

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.answered = {key.decode(): value.decode() for key, value in message["headers"]}
        else:
            self.body += message.get("body", b"")

    def leave(self) -> None:
        """The connection is closed from this end."""
        self._messages.put_nowait({"type": "http.disconnect"})

    @property
    def is_done(self) -> bool:
        return self._task.done()

    async def done(self) -> "Watcher":
        """The whole answer."""
        await asyncio.wait_for(asyncio.shield(self._task), PATIENCE)
        return self

    @property
    def object(self) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads(self.body)
        return shown

    @property
    def blocks(self) -> list[str]:
        """What has come of a stream: events and comments."""
        blocks = self.body.decode().split("\n\n")
        assert blocks.pop() == ""
        return blocks

    @property
    def events(self) -> list[Event]:
        return [_event(block) for block in self.blocks if not block.startswith(":")]

    async def event(self) -> Event:
        """The next event, once it is here."""

        async def next_event() -> Event | None:
            return self.events[self.read] if len(self.events) > self.read else None

        found = await eventually(next_event)
        self.read += 1
        return found


def _event(block: str) -> Event:
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    assert set(fields) == {"event", "id", "data"}
    return Event(fields["event"], fields["id"], json.loads(fields["data"]))


async def waiting(at: World, count: int) -> None:
    """Until so many wait."""

    async def as_many() -> bool:
        return at.service.live.waiting == count

    await eventually(as_many)


async def quiet(at: World) -> None:
    """Until nothing is on its way any more, and whoever waits has been told all of it."""
    for _ in range(2):  # the first look may fall between a text's sending and its receipts
        await at.idle()
        await at.later(0)  # written behind everything, and told behind it too


async def settled(turns: int = 200) -> None:
    """Until what is due has been done, so that what has not happened will not."""
    for _ in range(turns):
        await asyncio.sleep(0.0001)
