"""A wire to PostgreSQL that can be cut: before a COMMIT arrives, or after it was carried out."""

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


class Wire:
    """A socket of its own in front of the server's; what happens at a COMMIT is the test's to say.

    `at_commit` is called once, before the next COMMIT is passed on, and returns whether it shall
    be: either way the client loses its connection and hears nothing of how it ended. While
    `flows` is not set, the server is there and says nothing.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        host = parsed.query["host"]
        assert isinstance(host, str)
        self._server = f"{host}/{_SOCKET}"
        self._folder = Path(tempfile.mkdtemp(prefix="tl-"))
        self.url = f"postgresql://postgres@/{parsed.database}?host={self._folder}"
        self.at_commit: Callable[[], bool] | None = None
        self.flows = threading.Event()
        self.flows.set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._folder / _SOCKET))
        self._listener.listen()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._spawn(self._accept)

    def close(self) -> None:
        self.flows.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._open:
            _hang_up(end)
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
                _hang_up(client)
                continue
            self._spawn(partial(self._to_server, client, server))
            self._spawn(partial(_pump, server, client))

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        while data := _receive(client):
            self.flows.wait()
            if _COMMIT in data and self.at_commit is not None:
                shall_pass, self.at_commit = self.at_commit, None
                if shall_pass():
                    _hang_up(client)
                    _send(server, data)
                    server.shutdown(socket.SHUT_WR)  # it still commits, then finds nobody there
                else:
                    _hang_up(client)
                    _hang_up(server)
                return
            _send(server, data)
        _hang_up(server)

    def _spawn(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work)
        thread.start()
        self._threads.append(thread)


@contextmanager
def wire(url: str) -> Iterator[Wire]:
    between = Wire(url)
    try:
        yield between
    finally:
        between.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    while data := _receive(source):
        _send(target, data)
    _hang_up(target)


def _receive(end: socket.socket) -> bytes:
    try:
        return end.recv(65_536)
    except OSError:
        return b""


def _send(end: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        end.sendall(data)


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
