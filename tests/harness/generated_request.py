"""A request that no HTTP client would send, handed to the application as a server does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class GeneratedRequest:
    """`target` is path and query as they are on the wire; names of headers are lower case."""

    method: str
    target: bytes
    headers: Headers = ()
    body: bytes = b""
    scheme: str = "https"


@dataclass
class RequestAnswer:
    """`status` is 0 if the application sent nothing."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: bytes) -> bytes | None:
        """The value of the only header of this name."""
        found = [value for key, value in self.headers if key == name]
        assert len(found) <= 1
        return found[0] if found else None


async def answer_to(app: ASGIApp, request: GeneratedRequest) -> RequestAnswer:
    """The application's answer. The client leaves once it has sent the body, so that nothing
    waits for a change."""
    path, _, query = request.target.partition(b"?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": list(request.headers),
        "client": ("203.0.113.77", 50_000),
        "server": ("login.test", 443),
    }
    messages: list[Message] = [
        {"type": "http.request", "body": request.body, "more_body": False},
    ]
    answer = RequestAnswer()

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = list(message["headers"])
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer
