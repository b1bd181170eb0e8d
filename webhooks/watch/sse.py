"""`GET /v1/verifications/{id}/events`: server-sent events, one at once and one at each change."""

from __future__ import annotations

from contextlib import suppress

from starlette.types import Receive, Scope, Send

from bot.commands import Access
from webhooks.http.asgi import REQUEST_ID, Answer, Disconnected, header, request_id
from webhooks.http.problems import Problem
from webhooks.watch.live import Entry, LiveVerifications
from webhooks.watch.poll import PREFIX, Poll

SUFFIX = "/events"
#: Seconds of silence after which a comment keeps proxies from closing the connection.
_COMMENT_EVERY = 15


class EventStream:
    """The events of one verification, to its end."""

    def __init__(self, poll: Poll, live: LiveVerifications) -> None:
        self._poll = poll
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One stream. A reconnect behind the last event is answered 204: it is over."""
        try:
            id = scope["path"][len(PREFIX) : -len(SUFFIX)]
            access = self._poll.access(scope, id)
            entry = await self._poll.entry(id, access)
            last = header(scope, b"last-event-id")
            if last is not None and entry.is_over and _state(last) == _state(entry.etag):
                await _nothing_more(send)
                return
            self._poll.check_room()
        except Problem as problem:
            await Answer.of(problem)(send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": _headers()})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        with suppress(Disconnected, Problem):  # nobody listens, or the client is to come back
            await self._tell(entry, access, last, receive, send)
        await send({"type": "http.response.body", "body": b""})

    async def _tell(
        self, entry: Entry, access: Access, last: bytes | None, receive: Receive, send: Send
    ) -> None:
        while True:
            is_over = entry.is_over  # of the state that is told: time may change it meanwhile
            if entry.etag != last:
                last = entry.etag
                await _write(send, self._event(entry, access))
            if is_over or self._live.closed:
                return
            entry = await self._poll.change(entry, access, last, _COMMENT_EVERY, receive)
            if entry.etag == last:
                await _write(send, b":\n\n")

    def _event(self, entry: Entry, access: Access) -> bytes:
        body = entry.body(self._poll.clock(), masked=access.client is None)
        return b"event: verification\nid: " + entry.etag + b"\ndata: " + body + b"\n\n"


def _state(etag: bytes) -> bytes:
    """Without the revision: one that has ended is redeemed, or written down, and tells no more."""
    return etag.partition(b"-")[2]


async def _nothing_more(send: Send) -> None:
    headers = [(REQUEST_ID, request_id())]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _write(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


def _headers() -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (REQUEST_ID, request_id()),
    ]
