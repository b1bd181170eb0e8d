"""A web app with thousands of open polls, in a thread of its own on the load's core."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import httptools

from tests.bench.load import Void
from tests.bench.loop import LoopThread
from tests.bench.requests import get, post
from tests.bench.service import API_KEY
from webhooks.http.paths import VERIFICATION_PREFIX as PREFIX

#: Of a verification that waits for its LOGIN.
ETAG = '"1-pending-login"'

_PATIENCE = 60.0
_AT_ONCE = 500
_SOONEST, _WAIT = 5, 25
_SETTLED = 1.0
_HEADERS = {"authorization": f"Bearer {API_KEY}", "if_none_match": ETAG}


class WebApp(LoopThread):
    """Opens, polls and cancels over connections that it keeps."""

    def __init__(self) -> None:
        super().__init__()
        self._held: dict[str, list[_Connection]] = {}

    @contextmanager
    def holding(self, port: int, ids: Sequence[str]) -> Iterator[None]:
        """One waiting poll for each, renewed until the end, as many each second. All wait already
        at the beginning."""
        try:
            self.wait(self._hold(port, ids))
            yield
        finally:
            self.wait(self._let_go())

    def cancel(self, port: int, id: str) -> list[float]:
        """Seconds from a cancel's answer to the answer of each poll that waited for it, the
        soonest first. Raises Void."""
        return self.wait(self._cancel(port, id))

    async def _hold(self, port: int, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), _AT_ONCE):
            group = [
                self._poll(port, id, _SOONEST + number % (_WAIT - _SOONEST))
                for number, id in enumerate(ids[start : start + _AT_ONCE])
            ]
            for id, held in await asyncio.gather(*group):
                self._held.setdefault(id, []).append(held)
        await asyncio.sleep(_SETTLED)
        if any(held.answer.done() for every in self._held.values() for held in every):
            raise Void("a poll was answered that should wait")

    async def _poll(self, port: int, id: str, wait: int) -> tuple[str, _Connection]:
        first, then = (get(f"{PREFIX}{id}?wait={n}", **_HEADERS) for n in (wait, _WAIT))
        return id, await self._send(port, first, then)

    async def _cancel(self, port: int, id: str) -> list[float]:
        waiting = [held.answer for held in self._held.pop(id)]
        request = post(f"{PREFIX}{id}/cancel", **_HEADERS)
        sent = await self._send(port, request)
        async with asyncio.timeout(_PATIENCE):
            began, *ended = await asyncio.gather(sent.answer, *waiting)
        return sorted(max(at - began, 0) for at in ended)

    async def _send(self, port: int, request: bytes, then: bytes = b"") -> _Connection:
        _, connection = await self.loop.create_connection(
            lambda: _Connection(request, then), "127.0.0.1", port
        )
        return connection

    async def _let_go(self) -> None:
        for every in self._held.values():
            for held in every:
                held.close()
        self._held.clear()


class _Connection(asyncio.Protocol):
    """One request, and another one as often as the answer is 304."""

    def __init__(self, request: bytes, then: bytes) -> None:
        #: When the 200 came, seconds of the monotonic clock.
        self.answer: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._request = request
        self._then = then
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own are no subclasses
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        assert self._transport is not None
        status = self._parser.get_status_code()
        if status == 304:
            self._transport.write(self._then)
        elif status == 200:
            self.answer.set_result(time.monotonic())
            self.close()
        else:
            self._fail(f"a poll was answered {status}")

    def connection_lost(self, error: Exception | None) -> None:
        self._fail("a connection was cut")

    def close(self) -> None:
        assert self._transport is not None
        self.answer.cancel()  # nobody asks for it any more, if it has not come
        self._transport.close()

    def _fail(self, why: str) -> None:
        if not self.answer.done():
            self.answer.set_exception(Void(why))
