"""A TCP connection to a service, for requests that no HTTP client sends."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.harness.eventually import PROCESS_PATIENCE_S


class RawAnswer(NamedTuple):
    """A response as it was read; without one, `status` is 0."""

    status: int
    headers: dict[str, str]
    body: bytes


class RawConnection:
    """Sends bytes; `sent` counts those that the socket took."""

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        assert target.hostname
        assert target.port
        self._socket = socket.create_connection((target.hostname, target.port), PROCESS_PATIENCE_S)
        self.sent = 0

    def sends(self, data: bytes) -> bool:
        """False once the service has closed the connection."""
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        self.sent += len(data)
        return True

    def sends_until_closed(self, data: bytes, most: int) -> bool:
        """Send the same again and again. False if the service has taken `most` bytes."""
        while self.sends(data):
            if self.sent >= most:
                return False
        return True

    def rest(self) -> bytes:
        """What comes until the service closes the connection."""
        read = b""
        try:
            while piece := self._socket.recv(65_536):
                read += piece
        except ConnectionError:
            pass
        return read

    def answer(self) -> RawAnswer:
        """The response, with which the service closes the connection."""
        return parsed(self.rest())

    def reads(self, end: bytes) -> bytes:
        """What comes, up to these bytes."""
        read = b""
        while not read.endswith(end):
            piece = self._socket.recv(65_536)
            assert piece, f"closed after {read!r}"
            read += piece
        return read

    def reads_for(self, quiet_s: float) -> bytes:
        """What comes until nothing has come for so many seconds, or the connection is closed."""
        read = b""
        self._socket.settimeout(quiet_s)
        try:
            while piece := self._socket.recv(65_536):
                read += piece
        except (TimeoutError, ConnectionError):
            pass
        finally:
            self._socket.settimeout(PROCESS_PATIENCE_S)
        return read

    def is_closed(self) -> bool:
        """Whether the service has closed it. What it sent before is thrown away."""
        self._socket.setblocking(False)
        try:
            while self._socket.recv(65_536):
                pass
        except BlockingIOError:
            return False
        except ConnectionError:
            pass
        finally:
            self._socket.settimeout(PROCESS_PATIENCE_S)
        return True

    def close(self) -> None:
        self._socket.close()


@contextmanager
def raw_connections(url: str, count: int = 1) -> Iterator[list[RawConnection]]:
    """So many connections, closed at the end."""
    opened: list[RawConnection] = []
    try:
        for _ in range(count):
            opened.append(RawConnection(url))
        yield opened
    finally:
        for one in opened:
            one.close()


def parsed(response: bytes) -> RawAnswer:
    """The first response in these bytes."""
    head, _, body = response.partition(b"\r\n\r\n")
    status_line, *lines = head.decode().split("\r\n")
    if not status_line:
        return RawAnswer(0, {}, b"")
    pairs = (line.partition(": ") for line in lines)
    return RawAnswer(int(status_line.split()[1]), {name: value for name, _, value in pairs}, body)
