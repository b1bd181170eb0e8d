"""One ASGI request, which a test can inspect while it is held, and then disconnect."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message

from tests.harness.eventually import PATIENCE_S, eventually


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    name: str
    id: str
    data: dict[str, Any]


@dataclass
class AsgiRequest:
    """A request, sent as soon as it is created; `path` is what follows /v1/verifications/."""

    app: ASGIApp
    path: str
    bearer: str
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "GET"
    status: int = 0
    response_headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    events_read: int = 0

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
            headers = message["headers"]
            self.response_headers = {key.decode(): value.decode() for key, value in headers}
        else:
            self.body += message.get("body", b"")

    async def disconnect(self) -> None:
        """Close the connection as a client does, and wait until the application has finished."""
        self._messages.put_nowait({"type": "http.disconnect"})
        await self.done()

    @property
    def is_done(self) -> bool:
        return self._task.done()

    async def done(self) -> "AsgiRequest":
        """Wait for the whole answer."""
        await asyncio.wait_for(asyncio.shield(self._task), PATIENCE_S)
        return self

    @property
    def json(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.body)
        return body

    @property
    def blocks(self) -> list[str]:
        """The events and comments that a stream has sent so far."""
        blocks = self.body.decode().split("\n\n")
        assert blocks.pop() == ""
        return blocks

    @property
    def events(self) -> list[Event]:
        return [_event(block) for block in self.blocks if not block.startswith(":")]

    async def next_event(self) -> Event:
        """Wait for the next event."""

        async def unread_event() -> Event | None:
            return self.events[self.events_read] if len(self.events) > self.events_read else None

        found = await eventually(unread_event)
        self.events_read += 1
        return found


def _event(block: str) -> Event:
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    assert set(fields) == {"event", "id", "data"}
    return Event(fields["event"], fields["id"], json.loads(fields["data"]))
