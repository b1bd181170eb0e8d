"""HTTP requests as bytes, and the files from which wrk sends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import NamedTuple


class RequestFile(NamedTuple):
    """A file of requests, each `length` bytes long."""

    path: Path
    length: int


class RequestFiles:
    """Writes them into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = (f"{n}.requests" for n in count())

    def write(self, requests: Iterable[bytes]) -> RequestFile:
        """A new file. All requests must have the same length."""
        path = self._folder / next(self._names)
        length = 0
        with path.open("wb") as file:
            for request in requests:
                length = length or len(request)
                assert len(request) == length, "requests differ in length"
                file.write(request)
        return RequestFile(path, length)


def get(path: str, **headers: str) -> bytes:
    """A GET request; `_` in a header's name stands for a hyphen."""
    return _without_body("GET", path, headers)


def post(path: str, **headers: str) -> bytes:
    """A POST request with an empty body; header names as for `get`."""
    return _without_body("POST", path, headers | {"content_length": "0"})


def _without_body(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    lines = (f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"{method} {path} HTTP/1.1\r\nHost: login.example.com\r\n"
    return f"{head}{''.join(lines)}\r\n".encode()
