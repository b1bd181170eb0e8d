"""`GET /v1/verifications/{id}/events`: server-sent events, one immediately, one at each change."""

from __future__ import annotations

from contextlib import suppress

from starlette.types import Receive, Scope, Send

from bot.commands import Access
from webhooks.http.asgi import Answer, Disconnected, begin_request, header, own_headers
from webhooks.http.paths import EVENTS_SUFFIX, VERIFICATION_PREFIX
from webhooks.http.problems import Problem
from webhooks.watch.live import Entry
from webhooks.watch.watch import Watch

#: After this long without an event, a comment keeps proxies from closing the connection.
_KEEP_ALIVE_S = 15
_COMMENT = b":\n\n"


class EventStream:
    """Sends the events of one verification until its status is final."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI, for GET and HEAD. 204 if `Last-Event-ID` is the final event: do not reconnect."""
        begin_request(scope)
        last = header(scope, b"last-event-id")
        try:
            id = scope["path"][len(VERIFICATION_PREFIX) : -len(EVENTS_SUFFIX)]
            access = self._watch.access(scope, id)
            entry = await self._watch.entry(id, access)
            if last is not None and entry.is_final and _state(last) == _state(entry.etag):
                await _no_content(send)
                return
            self._watch.check_capacity(entry, access)
        except Problem as problem:
            await Answer.of(problem)(send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": _headers()})
        if scope["method"] != "HEAD":
            with suppress(Disconnected, Problem):  # after 503 or 404 the client reconnects
                await self._send_events(entry, access, last, receive, send)
        await send({"type": "http.response.body", "body": b""})

    async def _send_events(
        self, entry: Entry, access: Access, last: bytes | None, receive: Receive, send: Send
    ) -> None:
        while True:
            is_final = entry.is_final  # of the state that is sent: the entry may expire meanwhile
            if entry.etag != last:
                last = entry.etag
                await _write(send, _event(entry.etag, self._watch.body(entry, access)))
            if is_final or self._watch.is_closed:
                return
            entry = await self._watch.change(entry, access, last, _KEEP_ALIVE_S, receive)
            if entry.etag == last:
                await _write(send, _COMMENT)


def _event(etag: bytes, body: bytes) -> bytes:
    return b"event: verification\nid: " + etag + b"\ndata: " + body + b"\n\n"


def _state(etag: bytes) -> bytes:
    """The ETag without its revision: redeeming a final verification makes no new event."""
    return etag.partition(b"-")[2]


async def _no_content(send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": own_headers()})
    await send({"type": "http.response.body", "body": b""})


async def _write(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


def _headers() -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        *own_headers(),
    ]
