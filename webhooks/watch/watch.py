"""What polls and event streams share: access checks, the current entry, waiting for a change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import Receive, Scope

from bot.commands import Access
from bot.verification import may_see
from storage.errors import Unavailable
from storage.queries import Reader
from webhooks.clients.authentication import Clients, check_id, not_found
from webhooks.http.asgi import Disconnected
from webhooks.http.problems import too_many_waiting, unavailable
from webhooks.watch.live import Entry, LiveVerifications


class Watch:
    """Reads live verifications for callers, and waits for their changes.

    What is not in memory is read from the database: one query, however many callers ask.
    """

    def __init__(
        self,
        *,
        live: LiveVerifications,
        reader: Reader,
        clients: Clients,
        clock: Callable[[], int],
        max_waiters: int,
    ) -> None:
        self._live = live
        self._read = reader.verification
        self._clock = clock
        self._max_waiters = max_waiters
        #: How the caller may access one verification. Raises Problem.
        self.access: Callable[[Scope, str], Access] = clients.access

    @property
    def is_closed(self) -> bool:
        """Whether the process is stopping, so that no one should wait any longer."""
        return self._live.closed

    def check_capacity(self) -> None:
        """Raises Problem (503) if too many callers are waiting already."""
        if self._live.waiting >= self._max_waiters:
            raise too_many_waiting()

    async def entry(self, id: str, access: Access) -> Entry:
        """The verification as it reads now. Raises Problem, also if the caller may not see it."""
        entry = self._live.get(id)
        if entry is None:
            entry = await self._load(id)
        if not may_see(access, entry.verification, self._clock()):
            raise not_found()
        return entry

    def body(self, entry: Entry, access: Access) -> bytes:
        """The entry as JSON; the phone is masked for the holder of a poll token."""
        return entry.body(self._clock(), masked=access.client is None)

    async def change(
        self, entry: Entry, access: Access, known: bytes, seconds: float, receive: Receive
    ) -> Entry:
        """The entry once its ETag differs from `known`, or unchanged after `seconds`.

        Raises Problem if too many callers are waiting, Disconnected if the client leaves.
        """
        self.check_capacity()
        now = asyncio.get_running_loop().time
        deadline = now() + seconds
        disconnected = asyncio.ensure_future(_disconnect(receive))
        try:
            while entry.etag == known and not self._live.closed and (left := deadline - now()) > 0:
                await self._live.wait(entry, left, disconnected)
                if disconnected.done():
                    raise Disconnected
                entry = await self.entry(entry.verification.id, access)
        finally:
            disconnected.cancel()
        return entry

    async def _load(self, id: str) -> Entry:
        check_id(id)
        try:
            entry = await self._live.load(id, self._read)
        except Unavailable:
            raise unavailable() from None
        if entry is None:
            raise not_found()
        return entry


async def _disconnect(receive: Receive) -> None:
    """Returns once the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
