"""Web apps' polls that are held, more of them than a process has descriptors for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import httpx

from tests.benchmarks.event_loop import EventLoopThread
from tests.harness.settings import SHOP
from webhooks.ops.descriptors import raise_limit

_HEADERS = {"Authorization": f"Bearer {SHOP}"}
#: After a poll that was refused, as `Retry-After` asks.
_PAUSE_S = 2.0


@contextmanager
def held_polls(url: str, count: int) -> Iterator[None]:
    """So many polls of one pending verification during the block, each begun again when it is
    answered or refused."""
    raise_limit()
    opened = httpx.post(
        f"{url}/v1/verifications", json={"method": "text"}, headers=_HEADERS, timeout=10
    )
    path = f"{url}/v1/verifications/{opened.json()['id']}?wait=25"
    headers = _HEADERS | {"If-None-Match": opened.headers["etag"]}
    with EventLoopThread() as threads:
        polling = asyncio.run_coroutine_threadsafe(_poll_all(path, headers, count), threads.loop)
        try:
            yield
        finally:
            polling.cancel()
            threads.run(asyncio.sleep(0.1))


async def _poll_all(path: str, headers: dict[str, str], count: int) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as http:
        await asyncio.gather(*(_poll(http, path) for _ in range(count)))


async def _poll(http: aiohttp.ClientSession, path: str) -> None:
    while True:
        try:
            async with http.get(path) as answer:
                await answer.read()
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(_PAUSE_S)
