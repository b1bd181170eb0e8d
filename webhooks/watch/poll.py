"""`GET /v1/verifications/{id}` and its `?wait=`: plain ASGI, answered from the live.

Most of what a web app asks is this, so it costs less than a bare Starlette route. What the live
doesn't hold is read from the database once, however many ask.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable

from starlette.types import Message, Receive, Scope, Send

from bot.commands import Access
from bot.records import Verification
from bot.verification import may_see
from storage.errors import Unavailable
from storage.queries import Reader
from webhooks.clients.authentication import Clients, check_id, not_found
from webhooks.http.asgi import REQUEST_ID, Answer, Disconnected, header, request_id
from webhooks.http.problems import Problem, invalid, unavailable
from webhooks.watch.live import Entry, LiveVerifications

PREFIX = "/v1/verifications/"
_WAIT = re.compile(rb"(?:.*&)?wait=([0-9]{1,64})(?:&.*)?", re.ASCII)
#: Seconds from which on a wait may end before its time.
_LONG = 10
_JSON = (b"content-type", b"application/json")
_NO_STORE = (b"cache-control", b"no-store")


class Poll:
    """Reads, and waits for, one verification."""

    def __init__(
        self,
        live: LiveVerifications,
        reader: Reader,
        clients: Clients,
        clock: Callable[[], int],
        *,
        max_wait: int,
        max_waiters: int,
    ) -> None:
        self._live = live
        self._reader = reader
        self._clients = clients
        self.clock = clock
        self._max_wait = max_wait
        self._max_waiters = max_waiters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One poll of `/v1/verifications/{id}`, GET or HEAD."""
        try:
            id = scope["path"][len(PREFIX) :]
            access = self.access(scope, id)
            entry = await self.entry(id, access)
            known = header(scope, b"if-none-match")
            if scope["query_string"] and (seconds := self._seconds(scope["query_string"])):
                entry = await self._wait(entry, access, known, seconds, receive)
        except Problem as problem:
            await Answer.of(problem)(send)
        except Disconnected:
            return
        else:
            await self._answer(scope, send, entry, access, known)

    def access(self, scope: Scope, id: str) -> Access:
        """How the asker may see it. Raises Problem."""
        return self._clients.access(scope, id)

    def check_room(self) -> None:
        """Raises Problem where too many wait already."""
        if self._live.waiting >= self._max_waiters:
            raise unavailable()

    async def entry(self, id: str, access: Access) -> Entry:
        """The verification as it reads now, if the asker may see it. Raises Problem."""
        entry = self._live.get(id)
        if entry is None:
            check_id(id)
            try:
                entry = await self._live.load(id, self._read)
            except Unavailable:
                raise unavailable() from None
        if entry is None or not may_see(access, entry.verification, self.clock()):
            raise not_found()
        return entry

    async def change(
        self, entry: Entry, access: Access, known: bytes, seconds: float, receive: Receive
    ) -> Entry:
        """The entry once its ETag is another than `known`, or as it is when the time is up.

        Raises Problem where too many wait, Disconnected when the client has gone.
        """
        self.check_room()
        deadline = asyncio.get_running_loop().time() + seconds
        gone = asyncio.ensure_future(_disconnect(receive))
        try:
            while entry.etag == known and not self._live.closed:
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0:
                    break
                await self._live.wait(entry, left, gone)
                if gone.done():
                    raise Disconnected
                entry = await self.entry(entry.verification.id, access)
        finally:
            gone.cancel()
        return entry

    def _seconds(self, query: bytes) -> float:
        found = _WAIT.fullmatch(query)
        if found is None:
            if query.startswith(b"wait=") or b"&wait=" in query:
                raise invalid("wait", "is a whole number of seconds")
            return 0
        return _spread(min(int(found[1]), self._max_wait))

    async def _wait(
        self, entry: Entry, access: Access, known: bytes | None, seconds: float, receive: Receive
    ) -> Entry:
        """Held while it is what the web app knows already; without an ETag, what it is now."""
        if known is not None and not _names(known, entry.etag):
            return entry
        return await self.change(entry, access, entry.etag, seconds, receive)

    async def _read(self, id: str) -> Verification | None:
        return await self._reader.verification(id)

    async def _answer(
        self, scope: Scope, send: Send, entry: Entry, access: Access, known: bytes | None
    ) -> None:
        headers = [
            (b"etag", entry.etag),
            _NO_STORE,
            (REQUEST_ID, request_id()),
        ]
        if known is not None and _names(known, entry.etag):
            status, body = 304, b""
        else:
            status, body = 200, entry.body(self.clock(), masked=access.client is None)
            headers += [_JSON, (b"content-length", str(len(body)).encode())]
        if scope["method"] == "HEAD":
            body = b""
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _spread(seconds: int) -> float:
    """Long waits end a little early, each at another time: thousands who came at once, after a
    restart, would else come back at once for ever."""
    return seconds if seconds < _LONG else seconds * (1000 - secrets.randbelow(200)) / 1000


async def _disconnect(receive: Receive) -> None:
    message: Message = await receive()
    while message["type"] != "http.disconnect":
        message = await receive()


def _names(if_none_match: bytes, tag: bytes) -> bool:
    """Whether the header names this ETag (RFC 9110, section 13.1.2: weak comparison)."""
    if if_none_match == tag:
        return True
    tags = [part.strip().removeprefix(b"W/") for part in if_none_match.split(b",")]
    return tag in tags or b"*" in tags
