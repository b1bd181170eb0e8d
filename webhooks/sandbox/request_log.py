"""Logs each call of Telnyx's API with its answer, but not those that only look into the account:
the service makes them by itself."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhooks.sandbox.entries import log_request
from webhooks.sandbox.log import Log

#: How the paths of its lists begin.
_ACCOUNT = (
    *("balance", "spend_limits", "messaging_profiles", "phone_numbers", "webhook_deliveries"),
    *("messaging_optouts", "10dlc", "messaging_tollfree"),
)


class RequestLog:
    """ASGI middleware. `clock` is the demo's, in ms."""

    def __init__(self, app: ASGIApp, *, log: Log, clock: Callable[[], int]) -> None:
        self._app = app
        self._log = log
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and not _looks_into_account(scope):
            exchange = _Exchange(scope, receive, send, self._log, self._clock())
            await self._app(scope, exchange.receive, exchange.send)
        else:
            await self._app(scope, receive, send)


def _looks_into_account(scope: Scope) -> bool:
    first = scope["path"].rpartition("/v2/")[2].partition("/")[0]
    return scope["method"] == "GET" and first in _ACCOUNT


class _Exchange:
    """One request and its answer, as they pass."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, log: Log, at: int) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._log = log
        self._at = at
        self._body = bytearray()
        self._status = 0
        self._answer = bytearray()

    async def receive(self) -> Message:
        message = await self._receive()
        self._body += message.get("body", b"")
        return message

    async def send(self, message: Message) -> None:
        self._status = message.get("status", self._status)
        self._answer += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._add_entry()  # before the end of the answer, and so before what it sets off
        await self._send(message)

    def _add_entry(self) -> None:
        log_request(
            self._log,
            at=self._at,
            method=self._scope["method"],
            path=self._scope["path"],
            headers=Headers(scope=self._scope),
            body=bytes(self._body),
            status=self._status,
            answer=bytes(self._answer),
        )
