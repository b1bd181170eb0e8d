"""The service on a real socket, with an ear on what is asked and a hand on what is answered."""

import asyncio
import importlib.util
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.harness.running_service import PATIENCE, eventually

Refuse = Callable[[Scope], Response | None]


@dataclass
class Ear:
    """In front of an application: hears every request, and may answer in its place."""

    app: ASGIApp
    refuse: Refuse = lambda scope: None
    asked: list[str] = field(default_factory=list)
    answering: set[asyncio.Task[None]] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode()
        self.asked.append(scope["path"] + (f"?{query}" if query else ""))
        answer = self.refuse(scope) or self.app
        answering = asyncio.ensure_future(_answer(answer, scope, receive, send))
        self.answering.add(answering)
        await asyncio.wait([answering])
        self.answering.discard(answering)
        if not answering.cancelled():
            answering.result()

    def hang_up(self) -> None:
        """Whatever is being answered breaks off."""
        for answering in self.answering:
            answering.cancel()

    @property
    def ways(self) -> list[str]:
        """How one verification was watched: events, wait or poll, a word a request."""
        return [_way(path) for path in self.asked if path.startswith("/v1/")]


async def _answer(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


def _way(path: str) -> str:
    if path.endswith("/events"):
        return "events"
    return "wait" if "?wait=" in path else "poll"


def refusing(*ways: str) -> Refuse:
    """Answers requests of these ways as a service that is not there; soon it might be."""

    def refuse(scope: Scope) -> Response | None:
        query = scope["query_string"].decode()
        if _way(scope["path"] + (f"?{query}" if query else "")) not in ways:
            return None
        return PlainTextResponse("no", 503, {"Retry-After": "0.05"})

    return refuse


@contextmanager
def free_socket() -> Iterator[tuple[socket.socket, str]]:
    """A bound one on loopback, and the origin it will be."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound, f"http://127.0.0.1:{bound.getsockname()[1]}"


@asynccontextmanager
async def listening(app: ASGIApp, on: socket.socket) -> AsyncIterator[None]:
    """Served by uvicorn in this loop; its lifespan is somebody else's."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[on]))

    async def has_started() -> bool:
        return server.started

    await eventually(has_started)
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        await serving


class Node:
    """A module run by the Node.js that playwright's wheel carries; it says lines of JSON."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child

    async def says(self) -> Any:
        """The next line."""
        assert self._child.stdout is not None
        line = await asyncio.wait_for(self._child.stdout.readline(), PATIENCE)
        assert line, (await self.ends())[1]
        return json.loads(line)

    async def types(self, line: str) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(line.encode() + b"\n")
        await self._child.stdin.drain()

    async def ends(self) -> tuple[list[Any], str]:
        """What else it says on either stream, once it is over."""
        out, err = await asyncio.wait_for(self._child.communicate(), PATIENCE)
        return [json.loads(line) for line in out.splitlines()], err.decode()

    def kill(self) -> None:
        if self._child.returncode is None:
            self._child.kill()


@asynccontextmanager
async def node(script: str, folder: Path, *arguments: str) -> AsyncIterator[Node]:
    """Runs a module's text; gone at the end whatever happened."""
    path = folder / "script.mjs"
    path.write_text(script, encoding="utf-8")
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        node_binary(), str(path), *arguments, cwd=folder, stdin=pipe, stdout=pipe, stderr=pipe
    )
    running = Node(child)
    try:
        yield running
    finally:
        running.kill()
        await child.communicate()


def node_binary() -> str:
    found = importlib.util.find_spec("playwright")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / "driver" / "node")


async def until(holds: Callable[[], bool]) -> None:
    async def probe() -> bool:
        return holds()

    await eventually(probe)
