"""Logs each call of Telnyx's API with its answer."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhooks.sandbox.entries import log_request
from webhooks.sandbox.log import Log


class RequestLog:
    """ASGI middleware. `clock` is the demo's, in ms."""

    def __init__(self, app: ASGIApp, *, log: Log, clock: Callable[[], int]) -> None:
        self._app = app
        self._log = log
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        at, body, answer, status = self._clock(), bytearray(), bytearray(), 0

        async def read() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def write(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            answer.extend(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                # Before the answer, so that it comes before what the answer sets off.
                log_request(
                    self._log,
                    at=at,
                    method=scope["method"],
                    path=scope["path"],
                    headers=Headers(scope=scope),
                    body=bytes(body),
                    status=status,
                    answer=bytes(answer),
                )
            await send(message)

        await self._app(scope, read, write)
