"""`GET /v1/verifications/{id}`, with `?wait=` held until it changes: plain ASGI, from memory.

Polls are most of a web app's requests: answering one costs less than an empty Starlette route.
"""

from __future__ import annotations

import re
import secrets

from starlette.types import Receive, Scope, Send

from bot.commands import Access
from webhooks.http.asgi import Answer, Disconnected, begin_request, header, own_headers
from webhooks.http.paths import VERIFICATION_PREFIX
from webhooks.http.problems import Problem, invalid
from webhooks.watch.live import Entry
from webhooks.watch.watch import Watch

_ID_START = len(VERIFICATION_PREFIX)
_WAIT = re.compile(rb"(?:.*&)?wait=([0-9]{1,64})(?:&.*)?", re.ASCII)
#: Waits of this many seconds or more may end up to a fifth early.
_LONG_WAIT_S = 10
_JSON = (b"content-type", b"application/json")
_NO_STORE = (b"cache-control", b"no-store")


class Poll:
    """Answers one poll. `max_wait` is the longest wait in seconds."""

    def __init__(self, watch: Watch, *, max_wait: int) -> None:
        self._watch = watch
        self._max_wait = max_wait

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI, for GET and HEAD."""
        begin_request(scope)
        watch = self._watch
        try:
            id = scope["path"][_ID_START:]
            access = watch.access(scope, id)
            entry = await watch.entry(id, access)
            known = header(scope, b"if-none-match")
            if scope["query_string"] and (seconds := self._seconds(scope["query_string"])):
                entry = await self._wait(entry, access, known, seconds, receive)
        except Problem as problem:
            await Answer.of(problem)(send)
        except Disconnected:
            return
        else:
            await self._answer(scope, send, entry, access, known)

    def _seconds(self, query: bytes) -> float:
        """How long to wait, 0 without `wait`. Raises Problem."""
        found = _WAIT.fullmatch(query)
        if found is None:
            if query.startswith(b"wait=") or b"&wait=" in query:
                raise invalid("wait", "must be a whole number of seconds")
            return 0
        return _spread(min(int(found[1]), self._max_wait))

    async def _wait(
        self, entry: Entry, access: Access, known: bytes | None, seconds: float, receive: Receive
    ) -> Entry:
        """Wait until the ETag differs from the client's; if it sent none, from the current one.
        A final verification is answered at once: a client rarely waits for what may follow."""
        if entry.is_final or (known is not None and not _matches(known, entry.etag)):
            return entry
        return await self._watch.change(entry, access, entry.etag, seconds, receive)

    async def _answer(
        self, scope: Scope, send: Send, entry: Entry, access: Access, known: bytes | None
    ) -> None:
        headers = [(b"etag", entry.etag), _NO_STORE, *own_headers()]
        if known is not None and _matches(known, entry.etag):
            status, body = 304, b""
        else:
            status, body = 200, self._watch.body(entry, access)
            headers += [_JSON, (b"content-length", str(len(body)).encode())]
        if scope["method"] == "HEAD":
            body = b""
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _spread(seconds: int) -> float:
    """End long waits at random times: polls that started together, after a restart, would
    otherwise come back together every time."""
    return seconds if seconds < _LONG_WAIT_S else seconds * (1000 - secrets.randbelow(200)) / 1000


def _matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether `If-None-Match` matches (RFC 9110, section 13.1.2: weak comparison)."""
    if if_none_match == etag:
        return True
    tags = [part.strip().removeprefix(b"W/") for part in if_none_match.split(b",")]
    return etag in tags or b"*" in tags
