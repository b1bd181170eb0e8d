"""Persistent connections to the service, over which webhooks are posted."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

import httptools

_CONNECTIONS = 64


class WebhookPool:
    """Posts a request as soon as a connection is idle; `refused` counts answers other than 200."""

    def __init__(self) -> None:
        self.refused = 0
        self._queue: deque[bytes] = deque()
        self._connections: list[_Connection] = []
        self._idle: list[_Connection] = []

    async def connect(self, port: int) -> None:
        """Open the connections."""
        loop = asyncio.get_running_loop()
        for _ in range(_CONNECTIONS):
            _, connection = await loop.create_connection(
                lambda: _Connection(self), "127.0.0.1", port
            )
            self._connections.append(connection)

    def close(self) -> None:
        """Close them: the service closes idle connections soon anyway."""
        for connection in self._connections:
            connection.close()

    def post(self, request: bytes) -> None:
        """Send it now or later."""
        if self._idle:
            self._idle.pop().post(request)
        else:
            self._queue.append(request)

    def on_idle(self, connection: _Connection) -> None:
        """Called by a connection that has no request in progress."""
        if self._queue:
            connection.post(self._queue.popleft())
        else:
            self._idle.append(connection)


class _Connection(asyncio.Protocol):
    def __init__(self, pool: WebhookPool) -> None:
        self._pool = pool
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None

    def post(self, request: bytes) -> None:
        assert self._transport is not None
        self._transport.write(request)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(
            asyncio.Transport, transport
        )  # uvloop's transports are not subclasses
        self._pool.on_idle(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() != 200:
            self._pool.refused += 1
        self._pool.on_idle(self)
