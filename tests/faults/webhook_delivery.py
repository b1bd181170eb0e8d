"""Telnyx's webhooks to the processes: signed, repeated until one of them answers 200.

Telnyx waits two seconds for an answer and gives up after some tries. This one goes on, so that the
ledger can tell what is late from what is lost.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count

import aiohttp

from tests.faults.ledger import Ledger
from tests.harness.telnyx_events import WEBHOOK_PATH, Signer

_TIMEOUT_S = 2.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 4.0
#: uvicorn closes a connection after five idle seconds: give it up before.
_KEEP_ALIVE_S = 2.0


class WebhookDelivery:
    """Posts to the processes at `urls`, to each about as often. For one event loop.

    `opens_connections`: half of the webhooks go over new connections, the others over kept ones.
    """

    def __init__(
        self, urls: Sequence[str], signer: Signer, ledger: Ledger, *, opens_connections: bool
    ) -> None:
        self._opens_connections = opens_connections
        self._urls = urls
        self._signer = signer
        self._ledger = ledger
        self._sessions: list[aiohttp.ClientSession] = []

    async def open(self) -> None:
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        for connector in (
            aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S),
            aiohttp.TCPConnector(limit=0, force_close=True),
        ):
            self._sessions.append(aiohttp.ClientSession(connector=connector, timeout=timeout))

    async def close(self) -> None:
        for session in self._sessions:
            await session.close()

    async def deliver(self, event: bytes) -> int:
        """Post until it is answered with 200; the process that did. The first one is chosen at
        random. Each further try is signed anew, and goes to the next process."""
        pause_s, first = _FIRST_PAUSE_S, secrets.randbelow(len(self._urls))
        for turn in count(first):
            process = turn % len(self._urls)
            if await self._post(process, event) == 200:
                return process
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        raise AssertionError

    async def _post(self, process: int, event: bytes) -> int:
        """The HTTP status, 0 without an answer."""
        began_at = time.monotonic()
        status = await self._try(self._urls[process], event)
        self._ledger.answers[status] += 1
        if status == 200:
            self._ledger.answered_s.append(time.monotonic() - began_at)
        return status

    async def _try(self, url: str, event: bytes) -> int:
        kept, fresh = self._sessions
        try:
            if not self._opens_connections or secrets.randbits(1):
                with suppress(aiohttp.ServerDisconnectedError):  # it was closed while it was idle
                    return await self._send(kept, url, event)
            return await self._send(fresh, url, event)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0

    async def _send(self, session: aiohttp.ClientSession, url: str, event: bytes) -> int:
        headers = self._signer.headers(event)
        async with session.post(url + WEBHOOK_PATH, data=event, headers=headers) as answer:
            await answer.read()
            return answer.status
