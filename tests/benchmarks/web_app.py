"""A web app with thousands of open polls, in its own thread on the load's core."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import httptools

from tests.benchmarks.errors import InvalidRun
from tests.benchmarks.event_loop import EventLoopThread
from tests.benchmarks.launcher import API_KEY
from tests.benchmarks.requests import get, post
from webhooks.watch.poll import PREFIX

#: The ETag of a verification that waits for its LOGIN.
ETAG = '"1-pending-login"'

_ANSWER_TIMEOUT_S = 60.0
_OPENED_AT_ONCE = 500
_SHORTEST_WAIT_S, _WAIT_S = 5, 25
_SETTLE_S = 1.0
_HEADERS = {"authorization": f"Bearer {API_KEY}", "if_none_match": ETAG}


class WebApp(EventLoopThread):
    """Polls and cancels; each poll keeps a connection of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._open: dict[str, list[_Connection]] = {}

    @contextmanager
    def waiting_polls(self, port: int, ids: Sequence[str]) -> Iterator[None]:
        """One waiting poll for each id; all of them wait when the block begins.

        They are renewed until it ends, about the same number every second.
        """
        try:
            self.run(self._open_all(port, ids))
            yield
        finally:
            self.run(self._close_all())

    def cancel(self, port: int, id: str) -> list[float]:
        """Cancel a verification.

        The seconds from the answer to the answer of each waiting poll, ascending. Raises
        InvalidRun.
        """
        return self.run(self._cancel(port, id))

    async def _open_all(self, port: int, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), _OPENED_AT_ONCE):
            group = [
                self._poll(port, id, _SHORTEST_WAIT_S + number % (_WAIT_S - _SHORTEST_WAIT_S))
                for number, id in enumerate(ids[start : start + _OPENED_AT_ONCE])
            ]
            for id, poll in await asyncio.gather(*group):
                self._open.setdefault(id, []).append(poll)
        await asyncio.sleep(_SETTLE_S)
        if any(poll.answered_at.done() for polls in self._open.values() for poll in polls):
            raise InvalidRun("a poll was answered instead of waiting")

    async def _poll(self, port: int, id: str, wait_s: int) -> tuple[str, _Connection]:
        first, next_ = (get(f"{PREFIX}{id}?wait={wait}", **_HEADERS) for wait in (wait_s, _WAIT_S))
        return id, await self._send(port, first, next_)

    async def _cancel(self, port: int, id: str) -> list[float]:
        waiting = [poll.answered_at for poll in self._open.pop(id)]
        cancel = await self._send(port, post(f"{PREFIX}{id}/cancel", **_HEADERS))
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            cancelled_at, *woken_at = await asyncio.gather(cancel.answered_at, *waiting)
        return sorted(max(at - cancelled_at, 0) for at in woken_at)

    async def _send(self, port: int, request: bytes, next_: bytes = b"") -> _Connection:
        _, connection = await self.loop.create_connection(
            lambda: _Connection(request, next_), "127.0.0.1", port
        )
        return connection

    async def _close_all(self) -> None:
        for polls in self._open.values():
            for poll in polls:
                poll.close()
        self._open.clear()


class _Connection(asyncio.Protocol):
    """Sends one request, and `next_` after each 304. It ends with a 200."""

    def __init__(self, request: bytes, next_: bytes) -> None:
        #: The time of the 200, seconds of the monotonic clock.
        self.answered_at: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._request = request
        self._next = next_
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(
            asyncio.Transport, transport
        )  # uvloop's transports are not subclasses
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        assert self._transport is not None
        status = self._parser.get_status_code()
        if status == 304:
            self._transport.write(self._next)
        elif status == 200:
            self.answered_at.set_result(time.monotonic())
            self.close()
        else:
            self._fail(f"a poll was answered with status {status}")

    def connection_lost(self, error: Exception | None) -> None:
        self._fail("the service closed a connection")

    def close(self) -> None:
        assert self._transport is not None
        self.answered_at.cancel()  # without effect if there is an answer
        self._transport.close()

    def _fail(self, reason: str) -> None:
        if not self.answered_at.done():
            self.answered_at.set_exception(InvalidRun(reason))
