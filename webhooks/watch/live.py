"""The last committed state of live verifications, ready to be served, and who waits for the next.

Fed by every commit of this process, and on PostgreSQL told by NOTIFY what others have changed.
Reading it costs no query; waiting costs one future. Time's own changes (a code's death, an
expiry) wake waiters too. Everything here runs on the event loop.
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

#: Verifications kept; an older one that is asked for is read from the database.
CAPACITY = 50_000
_NEVER = 1 << 62
#: While disconnected to other processes, seconds between two looks of a waiter.
_DEAF_LOOK = 1.0

Read = Callable[[str], Awaitable[Verification | None]]


class Entry:
    """One verification as it reads until `changes_at` (ms). Most are never asked for, so what is
    read is made when it is: call `as_of` first."""

    __slots__ = ("_bodies", "changes_at", "etag", "is_over", "verification")

    def __init__(self, verification: Verification) -> None:
        self.verification = verification
        self.changes_at = 0

    def as_of(self, now: int) -> Self:
        """Itself, with what time alone has changed."""
        if now >= self.changes_at:
            self._render(now)
        return self

    def body(self, now: int, *, masked: bool) -> bytes:
        """The object as JSON; with the phone masked for the holder of a poll token."""
        body = self._bodies[masked]
        if body is None:
            shown = verification_json.present(self.verification, now, masked=masked)
            body = self._bodies[masked] = verification_json.encode(shown)
        return body

    def _render(self, now: int) -> None:
        self.etag = verification_json.etag(self.verification, now).encode()
        self._bodies: list[bytes | None] = [None, None]
        self.is_over = as_of(self.verification, now).status in FINAL_STATUSES
        coming = next_change(self.verification, now)
        self.changes_at = _NEVER if coming is None else coming


class LiveVerifications:
    """Entries by id, and the waiters of each."""

    def __init__(
        self, clock: Callable[[], int], timeouts: Timeouts, capacity: int = CAPACITY
    ) -> None:
        self._clock = clock
        self._capacity = capacity
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._watches: dict[str, set[asyncio.Future[None]]] = {}
        self._timeouts = timeouts
        #: Changed by another process, perhaps after a commit of this one that is told late.
        self._foreign: OrderedDict[str, None] = OrderedDict()
        self._loads: dict[str, asyncio.Task[Entry | None]] = {}
        self.waiting = 0
        #: While other processes' changes can't be connected, nothing here may be believed.
        self.disconnected = False
        self.closed = False

    def get(self, id: str) -> Entry | None:
        """The entry as it reads now, None where the database must be asked."""
        entry = self._entries.get(id)
        if entry is None or self.disconnected:
            return None
        return entry.as_of(self._clock())

    def put(self, verification: Verification) -> Entry:
        """What a read has found; the newer revision stays."""
        return self._keep(verification).as_of(self._clock())

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

    async def load(self, id: str, read: Read) -> Entry | None:
        """The entry from the database, one query however many ask; None where there is none."""
        task = self._loads.get(id)
        if task is None:
            task = self._loads[id] = asyncio.create_task(self._load(id, read))
        return await asyncio.shield(task)

    async def _load(self, id: str, read: Read) -> Entry | None:
        mine = asyncio.current_task()
        try:
            verification = await read(id)
            if verification is None:
                return None
            if self._loads.get(id) is mine:
                self._foreign.pop(id, None)
                return self.put(verification)
            return Entry(verification).as_of(self._clock())  # overtaken by a change: not to be kept
        finally:
            if self._loads.get(id) is mine:
                del self._loads[id]

    def committed(self, verifications: Iterable[Verification]) -> None:
        """A commit of this process."""
        for verification in verifications:
            self._loads.pop(verification.id, None)  # what was asked before may know less
            if verification.id not in self._foreign:
                self._keep(verification)
            self.wake(verification.id)

    def forget(self, ids: Iterable[str]) -> None:
        """A commit of another process: whoever waits reads anew."""
        for id in ids:
            self._foreign[id] = None
            if len(self._foreign) > self._capacity:
                self._foreign.popitem(last=False)
            self._entries.pop(id, None)
            self._loads.pop(id, None)
            self.wake(id)

    def disconnect(self) -> None:
        """Other processes can't be connected: until they are, the database is asked each time."""
        self.disconnected = True
        self.clear()

    def connect(self) -> None:
        """They can, from now on; what was missed is read anew."""
        self.disconnected = False
        self.clear()

    def clear(self) -> None:
        """Something may have been missed: everybody reads anew."""
        self._entries.clear()
        self._loads.clear()
        for id in list(self._watches):
            self.wake(id)

    def close(self) -> None:
        """The process stops: nobody waits any longer."""
        self.closed = True
        for id in list(self._watches):
            self.wake(id)

    def wake(self, id: str) -> None:
        """Everybody who waits for this one looks again."""
        for future in self._watches.get(id, ()):
            _resolve(future)

    async def wait(self, entry: Entry, seconds: float, gone: asyncio.Future[None]) -> None:
        """Until the verification may have changed, the time is up, or the client is `gone`."""
        id = entry.verification.id
        if self.closed or (not self.disconnected and self._entries.get(id) is not entry):
            return  # changed while it was read: look again
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        alarm = self._timeouts.set(future, self._longest(entry, seconds), _resolve)
        self._watches.setdefault(id, set()).add(future)
        leave = partial(_leave, future)
        gone.add_done_callback(leave)
        self.waiting += 1
        try:
            await future
        finally:
            self._timeouts.unset(future, alarm)
            gone.remove_done_callback(leave)
            self.waiting -= 1
            watch = self._watches[id]
            watch.discard(future)
            if not watch:
                del self._watches[id]

    def _longest(self, entry: Entry, seconds: float) -> float:
        """Seconds until it is worth a look, though nobody wakes us."""
        if self.disconnected:
            seconds = min(seconds, _DEAF_LOOK)
        if entry.changes_at == _NEVER:
            return seconds
        return min(seconds, max(entry.changes_at - self._clock(), 0) / 1000)


def _leave(future: asyncio.Future[None], _gone: asyncio.Future[None]) -> None:
    _resolve(future)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
