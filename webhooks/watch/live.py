"""The last committed state of live verifications, in memory, and the callers awaiting a change.

Fed by every commit of this process and, on PostgreSQL, by NOTIFY from other processes. Reading an
entry costs no query, waiting costs one future. Changes by time alone (a code or the verification
expires) wake waiters too. Everything here runs on the event loop.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Self

from bot.expiry import FINAL_STATUSES, as_of, next_change
from bot.records import Verification
from webhooks import verification_json
from webhooks.http.timeouts import Timeouts

#: Verifications kept in memory; older ones are read from the database.
CAPACITY = 50_000
#: While disconnected from other processes, a waiter reads the database this often.
_DISCONNECTED_READ_S = 1.0
_NEVER_MS = 1 << 62

Read = Callable[[str], Awaitable[Verification | None]]


class Entry:
    """One verification as it reads until `changes_at` (ms).

    Call `as_of` before reading: ETag and bodies are made on demand, since most are never read.
    """

    __slots__ = ("_bodies", "changes_at", "etag", "is_final", "verification")

    def __init__(self, verification: Verification) -> None:
        self.verification = verification
        self.changes_at = 0

    def as_of(self, now: int) -> Self:
        """This entry, updated for changes by time alone (such as expiry) up to `now` (ms)."""
        if now >= self.changes_at:
            self._update(now)
        return self

    def body(self, now: int, *, masked: bool) -> bytes:
        """The verification as JSON; `masked` hides the phone from the holder of a poll token."""
        body = self._bodies[masked]
        if body is None:
            shown = verification_json.present(self.verification, now, masked=masked)
            body = self._bodies[masked] = verification_json.encode(shown)
        return body

    def _update(self, now: int) -> None:
        self.etag = verification_json.etag(self.verification, now).encode()
        self._bodies: list[bytes | None] = [None, None]
        self.is_final = as_of(self.verification, now).status in FINAL_STATUSES
        changes_at = next_change(self.verification, now)
        self.changes_at = _NEVER_MS if changes_at is None else changes_at


class LiveVerifications:
    """Entries by id, and the waiters of each."""

    def __init__(
        self, clock: Callable[[], int], timeouts: Timeouts, capacity: int = CAPACITY
    ) -> None:
        self._clock = clock
        self._timeouts = timeouts
        self._capacity = capacity
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._waiters: dict[str, set[asyncio.Future[None]]] = {}
        self._loads: dict[str, asyncio.Task[Entry | None]] = {}
        #: Ids changed by another process. A commit of this process that is reported afterwards may
        #: be the older one, so nothing is kept for an id until it is read from the database.
        self._changed_elsewhere: OrderedDict[str, None] = OrderedDict()
        self.waiting = 0
        #: While LISTEN is disconnected, entries may be stale: bypass the cache.
        self.disconnected = False
        self.closed = False

    def get(self, id: str) -> Entry | None:
        """The entry as it reads now, None if the database must be read."""
        entry = self._entries.get(id)
        if entry is None or self.disconnected:
            return None
        return entry.as_of(self._clock())

    def put(self, verification: Verification) -> Entry:
        """Keep a verification read from the database; a newer revision is not replaced."""
        return self._keep(verification).as_of(self._clock())

    async def load(self, id: str, read: Read) -> Entry | None:
        """The entry from the database, None if there is none. Concurrent calls share one query."""
        task = self._loads.get(id)
        if task is None:
            task = self._loads[id] = asyncio.create_task(self._load(id, read))
        return await asyncio.shield(task)

    def committed(self, verifications: Iterable[Verification]) -> None:
        """This process has committed these verifications."""
        for verification in verifications:
            self._loads.pop(verification.id, None)  # a query that began earlier may miss it
            if verification.id not in self._changed_elsewhere:
                self._keep(verification)
            self.wake(verification.id)

    def forget(self, ids: Iterable[str]) -> None:
        """Another process has changed these verifications: the next read is from the database."""
        for id in ids:
            self._changed_elsewhere[id] = None
            if len(self._changed_elsewhere) > self._capacity:
                self._changed_elsewhere.popitem(last=False)
            self._entries.pop(id, None)
            self._loads.pop(id, None)
            self.wake(id)

    def disconnect(self) -> None:
        """LISTEN is disconnected: read the database each time until `connect`."""
        self.disconnected = True
        self.clear()

    def connect(self) -> None:
        """LISTEN is connected. Changes made before may have been missed, so entries are cleared."""
        self.disconnected = False
        self.clear()

    def clear(self) -> None:
        """Entries may be stale: drop all of them and wake every waiter."""
        self._entries.clear()
        self._loads.clear()
        self.wake_all()

    def close(self) -> None:
        """The process stops: wake every waiter, and let no one wait from now on."""
        self.closed = True
        self.wake_all()

    def wake(self, id: str) -> None:
        """Wake the waiters of one verification."""
        for future in self._waiters.get(id, ()):
            _resolve(future)

    def wake_all(self) -> None:
        """Let every waiter look again."""
        for id in list(self._waiters):
            self.wake(id)

    async def wait(self, entry: Entry, seconds: float, disconnected: asyncio.Future[None]) -> None:
        """Returns when the verification may have changed, after `seconds`, or when the client has
        `disconnected`."""
        id = entry.verification.id
        if self.closed or (not self.disconnected and self._entries.get(id) is not entry):
            return  # changed while the caller read it
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        slot = self._timeouts.schedule(future, self._wait_limit(entry, seconds), _resolve)
        self._waiters.setdefault(id, set()).add(future)
        on_disconnect = partial(_resolve_on_disconnect, future)
        disconnected.add_done_callback(on_disconnect)
        self.waiting += 1
        try:
            await future
        finally:
            self._timeouts.cancel(future, slot)
            disconnected.remove_done_callback(on_disconnect)
            self.waiting -= 1
            self._remove_waiter(id, future)

    def _keep(self, verification: Verification) -> Entry:
        known = self._entries.get(verification.id)
        if known is not None and known.verification.revision >= verification.revision:
            return known
        entry = Entry(verification)
        if self.disconnected:
            return entry
        self._entries[verification.id] = entry
        if len(self._entries) > self._capacity:
            self._entries.popitem(last=False)
        return entry

    async def _load(self, id: str, read: Read) -> Entry | None:
        task = asyncio.current_task()
        try:
            verification = await read(id)
            if verification is None:
                return None
            if self._loads.get(id) is task:
                self._changed_elsewhere.pop(id, None)
                return self.put(verification)
            return Entry(verification).as_of(self._clock())  # changed since: do not keep it
        finally:
            if self._loads.get(id) is task:
                del self._loads[id]

    def _remove_waiter(self, id: str, future: asyncio.Future[None]) -> None:
        waiters = self._waiters[id]
        waiters.discard(future)
        if not waiters:
            del self._waiters[id]

    def _wait_limit(self, entry: Entry, seconds: float) -> float:
        """Seconds after which to look again even if no one wakes the waiter."""
        if self.disconnected:
            seconds = min(seconds, _DISCONNECTED_READ_S)
        if entry.changes_at == _NEVER_MS:
            return seconds
        return min(seconds, max(entry.changes_at - self._clock(), 0) / 1000)


def _resolve_on_disconnect(
    future: asyncio.Future[None], _disconnected: asyncio.Future[None]
) -> None:
    _resolve(future)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
