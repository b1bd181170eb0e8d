"""A connection to the server: how much it may send before its request is complete, and how long.

uvicorn accepts every connection, and reads heads of any length for as long as they take.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from webhooks.http.client_ip import Network
from webhooks.http.head_limit import BOUNDS_HEADS, head_bytes
from webhooks.http.limits import HEAD_BYTES, SENT_BODY_BYTES
from webhooks.http.problems import Problem
from webhooks.ops import refusals
from webhooks.ops.deadlines import Ordered
from webhooks.ops.descriptors import most_connections
from webhooks.ops.incomplete import LOOPBACK, IncompleteRequests, Waiting

#: Requests that may wait on a connection while another one is answered.
_PIPELINED = 16


class _Ignored(list[Any]):
    """Takes the trailers of a chunked body, which nobody reads."""

    def append(self, item: Any) -> None:
        pass


class _HeadTooLarge(Exception):
    """Stops the parser."""


class _TooManyPipelined(Exception):
    """Stops the parser."""


class Connection(HttpToolsProtocol):
    """uvicorn's, with bounds. While its request is not complete, it is in one of the places of
    `IncompleteRequests`."""

    #: Peers whose heads are not counted per peer, beside the trusted proxies.
    exempt: ClassVar[Sequence[Network]] = LOOPBACK
    _servers: ClassVar[WeakKeyDictionary[ServerState, IncompleteRequests]] = WeakKeyDictionary()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        places = self._servers.get(server_state)
        if places is None:
            # The application's lifespan tells the proxies.
            exempt = [*self.exempt, *app_state.get("trusted_proxies", ())]
            places = self._servers[server_state] = IncompleteRequests(exempt)
            app_state[BOUNDS_HEADS] = True
        self._places = places
        self._place: Ordered[Waiting] | None = None
        self._misses_head = True
        self._misses_body = False
        self._has_begun = False  # to send a head
        self._size = 0  # of the newest piece of data
        self._fed = 0  # bytes of a head or body, without the piece in which it began
        self._head_began_in = 0  # bytes of that piece
        self.peer: str | None = None

    # asyncio passes a Transport to a TCP server; its base class names the more general type.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room where descriptors run out, or close."""
        super().connection_made(transport)
        if len(self.connections) > most_connections() and not self._places.make_room():
            transport.close()
            return
        self.peer = self._places.peer(self.client[0]) if self.client else None
        self._move(self._places.heads)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._move(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse. uvicorn's own method logs a line about each client that does not speak HTTP."""
        self._size = len(data)
        self._fed += self._size
        if self._place is self._places.refused:
            self._ignore()
            return
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # answered like any other request
        except httptools.HttpParserError as error:
            self._stop(error)
        else:
            self._wait()

    def on_message_begin(self) -> None:
        """The first byte of a head."""
        super().on_message_begin()
        self._misses_head = self._has_begun = True
        self._fed, self._head_began_in = 0, self._size

    def on_headers_complete(self) -> None:
        """Refuse a head that is too large. Its size is only added up where the data allow that."""
        fed = self._head_began_in + self._fed
        if fed > HEAD_BYTES and head_bytes(self.url, self.headers) > HEAD_BYTES:
            raise _HeadTooLarge
        super().on_headers_complete()
        if len(self.pipeline) > _PIPELINED:
            raise _TooManyPipelined
        self.headers = _Ignored()
        self._misses_head, self._misses_body = False, True
        self._fed = 0

    def on_message_complete(self) -> None:
        """The request is under way from here on; half a body does not count."""
        super().on_message_complete()
        self._misses_body = self._has_begun = False
        self._misses_head = self.cycle.response_complete  # answered before its body was complete
        self._fed = 0
        if self._place is not None:
            self._move(None)

    def on_response_complete(self) -> None:
        """Idle, unless more has arrived meanwhile."""
        super().on_response_complete()
        if self.cycle.response_complete and not (self._misses_head or self._misses_body):
            self._misses_head = True
            if not self.transport.is_closing():
                self._move(self._places.idle)

    def evict(self) -> None:
        """Close it; its place is free at once."""
        self._move(None)
        self.transport.close()

    def abort(self) -> None:
        """Close it without sending what has not been sent yet."""
        self.transport.abort()

    def head_late(self) -> None:
        """Its head is not complete in time."""
        if self._has_begun:
            self._refuse(refusals.HEAD_TOO_LATE)
        else:
            self.evict()

    def _wait(self) -> None:
        """For what is missing, if anything is. Time does not begin again with each byte."""
        if self._misses_head:
            if self._fed > HEAD_BYTES:
                self._refuse(refusals.HEAD_TOO_LARGE)
            elif self._place is not self._places.heads:
                self._move(self._places.heads)
        elif self._misses_body:
            if self._fed > SENT_BODY_BYTES:
                self._refuse(None)
            elif self._place is not self._places.bodies:
                self._move(self._places.bodies)

    def _move(self, place: Ordered[Waiting] | None) -> None:
        if self._place is not None:
            self._place.discard(self)
        self._place = place
        if place is not None:
            place.add(self)

    def _stop(self, error: httptools.HttpParserError) -> None:
        cause = error.__context__
        if isinstance(cause, _TooManyPipelined):
            self.abort()
        elif isinstance(cause, _HeadTooLarge):
            self._refuse(refusals.HEAD_TOO_LARGE)
        else:
            self._refuse(refusals.NOT_HTTP)

    def _refuse(self, problem: Problem | None) -> None:
        """Answer, and read on for a moment: closing at once could destroy the answer."""
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering or self.transport.is_closing():
            self.abort()  # the answer would be taken for that of an earlier request
            return
        self._fed = 0
        self._move(self._places.refused)
        if problem is not None:
            self.transport.write(refusals.response(problem, self.server_state.default_headers))
        self.transport.write_eof()

    def _ignore(self) -> None:
        if self._fed > SENT_BODY_BYTES:
            self.abort()
