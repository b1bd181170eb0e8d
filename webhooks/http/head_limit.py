"""The limit on request heads, for servers that have a higher one or none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from starlette.types import ASGIApp, Receive, Scope, Send

from webhooks.http.asgi import Answer
from webhooks.http.limits import HEAD_BYTES
from webhooks.http.problems import headers_too_large

#: In the state that a server gives to the application: it bounds request heads itself.
BOUNDS_HEADS = "bounds_heads"
#: Of each line, beside the name and the value: a colon, a space and the line's end.
_PER_LINE = 4
_TOO_LARGE = Answer.of(headers_too_large())


def head_bytes(target: bytes, headers: Sequence[tuple[bytes, bytes]]) -> int:
    """About how many bytes a request's head has on the wire; `target` is its path and query."""
    return len(target) + sum(map(len, chain.from_iterable(headers))) + _PER_LINE * len(headers)


class HeadLimit:
    """Answers 431 to a larger head. By then the server has read the head: only `textlogin serve`
    bounds its memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        is_bounded = BOUNDS_HEADS in scope.get("state", ())
        if not is_bounded and scope["type"] == "http" and _size(scope) > HEAD_BYTES:
            await _TOO_LARGE(send)
        else:
            await self._app(scope, receive, send)


def _size(scope: Scope) -> int:
    target = scope.get("raw_path") or scope["path"].encode()
    return head_bytes(target, scope["headers"]) + len(scope.get("query_string", b""))
