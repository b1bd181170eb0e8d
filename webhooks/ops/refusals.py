"""Answers to what never becomes a request: problem documents as the bytes of HTTP/1.1."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from webhooks.http.asgi import own_headers
from webhooks.http.problems import MEDIA_TYPE, Problem, headers_too_large, timed_out

NOT_HTTP = Problem("malformed", "Not a valid HTTP request.")
HEAD_TOO_LARGE = headers_too_large()
HEAD_TOO_LATE = timed_out("head")


def response(problem: Problem, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The whole response, with these headers too. It announces that the connection ends."""
    lines = [
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}".encode(),
        b"content-type: " + MEDIA_TYPE.encode(),
        b"content-length: %d" % len(problem.body),
        b"connection: close",
        *(name + b": " + value for name, value in (*headers, *own_headers())),
    ]
    return b"\r\n".join([*lines, b"", problem.body])
