"""An application on a real socket; requests are recorded, and can be refused."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.harness.eventually import until

#: The response to send instead of the application's; None to send the application's.
Refusal = Callable[[Scope], Response | None]


@dataclass
class RequestRecorder:
    """ASGI middleware: records the target of every request."""

    app: ASGIApp
    refuse: Refusal = lambda scope: None
    targets: list[str] = field(default_factory=list)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.targets.append(_target(scope))
        answer = self.refuse(scope) or self.app
        task = asyncio.ensure_future(_answer(answer, scope, receive, send))
        self._under_way.add(task)
        await asyncio.wait([task])
        self._under_way.discard(task)
        if not task.cancelled():
            task.result()

    def break_off(self) -> None:
        """Cancel the requests in progress."""
        for task in self._under_way:
            task.cancel()

    @property
    def methods(self) -> list[str]:
        """How a verification was watched: `events`, `wait` or `poll`, for each request."""
        return [_method(target) for target in self.targets if target.startswith("/v1/")]


def refuse(*methods: str) -> Refusal:
    """Answers these methods of watching with 503 and a short Retry-After."""

    def refusal(scope: Scope) -> Response | None:
        if _method(_target(scope)) not in methods:
            return None
        return PlainTextResponse("no", 503, {"Retry-After": "0.05"})

    return refusal


async def _answer(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


def _target(scope: Scope) -> str:
    query = scope["query_string"].decode()
    path: str = scope["path"]
    return f"{path}?{query}" if query else path


def _method(target: str) -> str:
    if target.endswith("/events"):
        return "events"
    return "wait" if "?wait=" in target else "poll"


@contextmanager
def loopback_socket() -> Iterator[tuple[socket.socket, str]]:
    """A bound socket and its origin."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound, f"http://127.0.0.1:{bound.getsockname()[1]}"


@asynccontextmanager
async def served(app: ASGIApp, bound: socket.socket, **options: Any) -> AsyncIterator[None]:
    """Serve the application with uvicorn, without its lifespan unless the options say otherwise."""
    given: dict[str, Any] = {
        "lifespan": "off",
        "log_config": None,
        "log_level": "error",
        "access_log": False,
        "ws": "none",
        "timeout_graceful_shutdown": 1,
    }
    config = uvicorn.Config(app, **(given | options))
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    await until(lambda: server.started)
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        await serving
