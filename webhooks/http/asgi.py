"""ASGI helpers for handlers that bypass Starlette: bounded body, prepared answer, own headers."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storage.request import CURRENT, Request
from webhooks.http.limits import BODY_TIMEOUT_S
from webhooks.http.problems import MEDIA_TYPE, Problem, timed_out

_REQUEST_ID = b"x-request-id"
#: Browsers must not guess another media type.
_NOSNIFF = (b"x-content-type-options", b"nosniff")


#: W3C Trace Context, version 00. Anything else is not a line of a log.
_TRACEPARENT = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def begin_request(scope: Scope) -> None:
    """Give the request an id, which the log lines about it have too. It need not be hard to
    guess."""
    given = header(scope, b"traceparent")
    traceparent = given.decode() if given and _TRACEPARENT.fullmatch(given) else None
    CURRENT.set(Request(f"{random.getrandbits(64):016x}", traceparent))


def request_id() -> bytes:
    """The id of the request that this task handles."""
    request = CURRENT.get()
    return b"%016x" % random.getrandbits(64) if request is None else request.id.encode()


def own_headers() -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
    """What every response carries: the id of its request, and nosniff."""
    return ((_REQUEST_ID, request_id()), _NOSNIFF)


class TooLarge(Exception):
    """The body is larger than the limit."""


class Disconnected(Exception):
    """The client closed the connection before its request was answered."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """The value of the first header called `name` (lower case), None if there is none."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body. Raises TooLarge above `limit` bytes, Disconnected if the client leaves."""
    length = header(scope, b"content-length")
    if length is not None and (not length.isdigit() or int(length[:12]) > limit):
        raise TooLarge
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") or message["type"] != "http.request":
        if message["type"] == "http.disconnect":
            raise Disconnected
        if len(body) > limit:
            raise TooLarge
        message = await receive()
        body += message.get("body", b"")
    if len(body) > limit:
        raise TooLarge
    return body


async def read_body_in_time(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The same; raises Problem (408) if it is not complete within `BODY_TIMEOUT_S`."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await read_body(scope, receive, limit)
    except TimeoutError:
        raise timed_out("body") from None


class Answer:
    """A response prepared once and sent many times, each time with the id of the request."""

    def __init__(
        self, status: int, body: bytes, media_type: str, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        self._status = status
        self._headers = [
            (b"content-type", media_type.encode()),
            (b"content-length", str(len(body)).encode()),
            *((name.lower().encode(), value.encode()) for name, value in headers),
        ]
        self._body: Message = {"type": "http.response.body", "body": body}

    @classmethod
    def of(cls, problem: Problem) -> Answer:
        """The answer to a problem."""
        return cls(problem.status, problem.body, MEDIA_TYPE, problem.headers.items())

    async def __call__(self, send: Send) -> None:
        """Send it."""
        headers = [*self._headers, *own_headers()]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send(self._body)


class OwnHeaders:
    """Adds `X-Request-ID` and `X-Content-Type-Options` to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Plain ASGI: Starlette's BaseHTTPMiddleware halves the throughput."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin_request(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The login pages set nosniff themselves; twice would be another value.
                given = [pair for pair in message.get("headers", ()) if pair != _NOSNIFF]
                message["headers"] = [*given, *own_headers()]
            await send(message)

        await self._app(scope, receive, send_with_headers)
