"""What polls and event streams share: access checks, the current entry, waiting for a change."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from math import ceil

from starlette.types import Receive, Scope

from bot.commands import Access
from bot.verification import may_see
from storage.errors import Unavailable
from storage.queries import Reader
from webhooks.clients.authentication import Clients, check_id, not_found
from webhooks.http.asgi import Disconnected
from webhooks.http.problems import too_many_waiting, unavailable
from webhooks.watch.live import Entry, LiveVerifications

#: Open waits by one poll token: a browser has one or two per tab.
_MOST_OF_A_TOKEN = 100


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
        #: One web app leaves a tenth for others.
        self._most_of_a_client = ceil(max_waiters * 0.9)
        self._waits: Counter[str] = Counter()
        #: How the caller may access one verification. Raises Problem.
        self.access: Callable[[Scope, str], Access] = clients.access

    @property
    def is_closed(self) -> bool:
        """Whether the process is stopping, so that no one should wait any longer."""
        return self._live.closed

    def check_capacity(self, entry: Entry, access: Access) -> None:
        """Raises Problem (503) if too many callers are waiting already, in all or with this
        credential."""
        most = _MOST_OF_A_TOKEN if access.client is None else self._most_of_a_client
        if (
            self._live.waiting >= self._max_waiters
            or self._waits[_credential(entry, access)] >= most
        ):
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
        self.check_capacity(entry, access)
        now = asyncio.get_running_loop().time
        deadline = now() + seconds
        disconnected = asyncio.ensure_future(_disconnect(receive))
        credential = _credential(entry, access)
        self._waits[credential] += 1
        try:
            while entry.etag == known and not self._live.closed and (left := deadline - now()) > 0:
                await self._live.wait(entry, left, disconnected)
                if disconnected.done():
                    raise Disconnected
                entry = await self.entry(entry.verification.id, access)
        finally:
            disconnected.cancel()
            self._waits[credential] -= 1
            if not self._waits[credential]:
                del self._waits[credential]
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


def _credential(entry: Entry, access: Access) -> str:
    """The web app, or the verification whose poll token it is; no name is as long as an id."""
    return access.client or entry.verification.id


async def _disconnect(receive: Receive) -> None:
    """Returns once the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
