"""Polls as HTTP requests: half with the web app's key, half with the verification's token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import cycle

from bot.codes import Secrets, poll_token
from tests.benchmarks.launcher import API_KEY, SECRET_KEY
from tests.benchmarks.requests import get
from webhooks.watch.poll import PREFIX

_SECRETS = Secrets([SECRET_KEY])


def polls(ids: Iterable[str], **headers: str) -> Iterator[bytes]:
    """Polls of these verifications in turn, without end; key and token alternate."""
    for number, id in enumerate(cycle(ids)):
        bearer = poll_token(_SECRETS, id) if number % 2 else API_KEY
        yield get(f"{PREFIX}{id}", authorization=f"Bearer {bearer}", **headers)


def padded(request: bytes, length: int) -> bytes:
    """The request with one more header, so that it is `length` bytes long."""
    padding = "x" * (length - len(request) - len("padding: \r\n"))
    return request[:-2] + f"padding: {padding}\r\n\r\n".encode()
