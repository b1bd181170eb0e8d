"""Runs the operators' application beside the main one, in the same process and event loop."""

from __future__ import annotations

import asyncio
import errno
import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

#: uvicorn runs at most this many processes of `textlogin serve`.
_MOST_WORKERS = 64
#: Scrapes and people; further connections get 503. They take descriptors of the process.
_MOST_CONNECTIONS = 16


class CannotListen(Exception):
    """No port is free, or the host has no address on this machine."""


class OperationsServer:
    """Listens from `start` to `stop`. `port` is where it does; with several workers, each takes the
    first port from `OPERATIONS_PORT` up that none of the others has."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._server = _Server(
            uvicorn.Config(
                app,
                http="httptools",
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_graceful_shutdown=1,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen. Raises CannotListen."""
        try:
            listener = await asyncio.to_thread(_listen, self.host, _ports(self.port))
        except OSError as error:
            message = f"Cannot serve OPERATIONS_PORT {self.port} on {self.host}: {error.strerror}"
            raise CannotListen(message) from error
        self.port = listener.getsockname()[1]
        self._task = asyncio.create_task(self._server.serve([listener]))

    async def stop(self) -> None:
        """Finish the requests under way, for a second at most."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task


class _Server(uvicorn.Server):
    """uvicorn's, without its signal handlers: the process has those of the main server."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _ports(first: int) -> range:
    """One port for a process of its own; for a worker of uvicorn's, one port for each worker."""
    is_worker = multiprocessing.parent_process() is not None
    return range(first, min(first + _MOST_WORKERS, 65_536) if is_worker else first + 1)


def _listen(host: str, ports: range) -> socket.socket:
    """A listening socket on the first of these ports that is free."""
    family, _, _, _, address = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
    for port in ports:
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address[0], port, *address[2:]))
            listener.listen()  # two sockets may be bound to one port, but only one may listen
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE or port == ports[-1]:
                raise
        else:
            return listener
    raise AssertionError("ports is not empty")
