"""A connection to the server, of which only so many are open that descriptors never run out.

uvicorn accepts every connection. Without descriptors left, nobody gets in any more: no webhook
either, until enough clients leave.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from webhooks.ops.descriptors import most_connections


class Connection(HttpToolsProtocol):
    """uvicorn's, but above the limit a new one replaces the one that has been idle longest. If
    every connection has a request under way, the new one is closed."""

    #: Connections without a request under way, idle longest first; a process has one server.
    _idle: ClassVar[dict[Connection, None]] = {}

    # asyncio passes a Transport to a TCP server; its base class names the more general type.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room, or close."""
        super().connection_made(transport)
        if len(self.connections) <= most_connections():
            self._idle[self] = None
        elif self._idle:
            oldest = next(iter(self._idle))
            del self._idle[oldest]
            oldest.transport.close()
            self._idle[self] = None
        else:
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._idle.pop(self, None)
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """A request is under way from here on; half a head does not count."""
        self._idle.pop(self, None)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Idle again, unless another request has arrived meanwhile."""
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._idle[self] = None
