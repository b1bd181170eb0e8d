"""A proxy for PostgreSQL that fails on demand, before or after the server gets a COMMIT."""

import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from sqlalchemy import make_url

_SOCKET = ".s.PGSQL.5432"
_COMMIT = b"COMMIT\0"


class DatabaseProxy:
    """A Unix socket of its own in front of the server's.

    `at_commit` is called once, before the next COMMIT is passed on, and returns whether to pass
    it on. Either way the client loses its connection and cannot know the outcome. While
    `forwarding` is not set, nothing that a client sends reaches the server. `trips` counts round
    trips: what a client sends until it gets an answer is one.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        host = parsed.query["host"]
        assert isinstance(host, str)
        self._server = f"{host}/{_SOCKET}"
        self._folder = Path(tempfile.mkdtemp(prefix="tl-"))
        self.url = f"postgresql://postgres@/{parsed.database}?host={self._folder}"
        self.at_commit: Callable[[], bool] | None = None
        self.forwarding = threading.Event()
        self.forwarding.set()
        self.trips = 0
        self._answered: set[socket.socket] = set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._folder / _SOCKET))
        self._listener.listen()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._spawn(self._accept)

    def close(self) -> None:
        self.forwarding.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._open:
            _shut_down(end)
        for thread in self._threads:
            thread.join()
        for end in self._open:
            end.close()
        shutil.rmtree(self._folder)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            self._open += [client, server]
            try:
                server.connect(self._server)
            except OSError:
                _shut_down(client)
                continue
            self._answered.add(client)
            self._spawn(partial(self._to_server, client, server))
            self._spawn(partial(self._to_client, server, client))

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        while data := _receive(client):
            self.forwarding.wait()
            if client in self._answered:
                self._answered.discard(client)
                self.trips += 1
            if _COMMIT in data and self.at_commit is not None:
                at_commit, self.at_commit = self.at_commit, None
                self._commit(client, server, data, arrives=at_commit())
                return
            _send(server, data)
        _shut_down(server)

    def _to_client(self, server: socket.socket, client: socket.socket) -> None:
        while data := _receive(server):
            self._answered.add(client)
            _send(client, data)
        _shut_down(client)

    def _commit(
        self, client: socket.socket, server: socket.socket, data: bytes, *, arrives: bool
    ) -> None:
        _shut_down(client)
        if arrives:
            _send(server, data)
            server.shutdown(socket.SHUT_WR)  # the server commits but cannot answer
        else:
            _shut_down(server)

    def _spawn(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work)
        thread.start()
        self._threads.append(thread)


@contextmanager
def database_proxy(url: str) -> Iterator[DatabaseProxy]:
    proxy = DatabaseProxy(url)
    try:
        yield proxy
    finally:
        proxy.close()


def _receive(end: socket.socket) -> bytes:
    try:
        return end.recv(65_536)
    except OSError:
        return b""


def _send(end: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        end.sendall(data)


def _shut_down(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
