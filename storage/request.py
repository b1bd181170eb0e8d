"""The HTTP request that is being handled: log lines about its commands and errors name it."""

from __future__ import annotations

from contextvars import ContextVar

from msgspec import Struct


class Request(Struct, frozen=True):
    """`id` is in the answer's `X-Request-ID`; `traceparent` came with the request (W3C)."""

    id: str
    traceparent: str | None = None


#: Set where a request comes in, in the task that handles it.
CURRENT: ContextVar[Request | None] = ContextVar("request", default=None)
