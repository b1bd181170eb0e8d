"""A TCP proxy that delays, goes silent, cuts and refuses.

Silence is real: a socket filter makes the kernel drop every packet that reaches the proxy, so the
other end gets no acknowledgement, as behind a cable that was pulled. The other end's keepalive
and timeouts act as they do in a network. This needs Linux, but no privilege.
"""

from __future__ import annotations

import asyncio
import ctypes
import socket
import struct
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from tests.benchmarks.event_loop import EventLoopThread

_ATTACH_FILTER, _DETACH_FILTER = 26, 27  # SO_… of Linux
_RETURN_0 = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # keep 0 bytes
_DROP_ALL = struct.pack("HL", 1, ctypes.addressof(_RETURN_0))
_RST_ON_CLOSE = struct.pack("ii", 1, 0)
_ADDRESS = "127.0.0.1"


class Proxy:
    """Listens on loopback in front of a port of loopback. Its public methods are for any thread
    but the loop's."""

    def __init__(self, threads: EventLoopThread, upstream: int) -> None:
        self.delay_s = 0.0
        self._thread = threads
        self._upstream = upstream
        self._links: set[_Link] = set()
        self._listener = socket.create_server((_ADDRESS, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread.run(self._accept_connections())

    def silence(self, *, only_existing: bool = False) -> None:
        """No packet gets through any more; connections stay open. New connections are not
        answered either, unless `only_existing`."""
        self._thread.run(self._silence(only_existing))

    def heal(self) -> None:
        """Packets get through again. Both ends repeat what was not acknowledged."""
        self._thread.run(self._heal())

    def cut(self) -> None:
        """Reset every connection. New ones work."""
        self._thread.run(self._cut())

    def refuse(self) -> None:
        """Reset every connection and refuse new ones."""
        self._thread.run(self._refuse())

    def accept(self) -> None:
        """Accept connections again."""
        self._listener = socket.create_server((_ADDRESS, self.port))
        self._thread.run(self._accept_connections())

    def close(self) -> None:
        self.refuse()

    # -- on the event loop -------------------------------------------------------------------------

    async def _accept_connections(self) -> None:
        self._listener.setblocking(False)
        self._accepting = asyncio.create_task(self._accept())

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(self._listener)
            link = _Link(self, client)
            self._links.add(link)
            link.run(self._upstream)

    async def _silence(self, only_existing: bool) -> None:
        for end in self._ends(with_listener=not only_existing):
            end.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, _DROP_ALL)

    async def _heal(self) -> None:
        for end in self._ends(with_listener=True):
            with suppress(OSError):  # it has no filter
                end.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)

    async def _cut(self) -> None:
        for link in list(self._links):
            link.reset()

    async def _refuse(self) -> None:
        self._accepting.cancel()
        with suppress(asyncio.CancelledError):
            await self._accepting
        self._listener.close()
        await self._cut()

    def _ends(self, *, with_listener: bool) -> list[socket.socket]:
        ends = [end for link in self._links for end in link.ends]
        return [*ends, self._listener] if with_listener else ends

    def forget(self, link: _Link) -> None:
        self._links.discard(link)


class _Link:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, client: socket.socket) -> None:
        self._proxy = proxy
        self._client, self._server = client, socket.socket()
        self.ends = (self._client, self._server)
        for end in self.ends:
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._tasks: list[asyncio.Task[Any]] = []

    def run(self, upstream: int) -> None:
        self._spawn(self._run(upstream))

    def reset(self) -> None:
        """Both ends get RST."""
        for task in self._tasks:
            task.cancel()
        self._closing = asyncio.create_task(self._close(reset=True))

    async def _run(self, upstream: int) -> None:
        try:
            await asyncio.get_running_loop().sock_connect(self._server, (_ADDRESS, upstream))
        except OSError:
            await self._close(reset=True)
            return
        pumps = [
            self._spawn(self._pump(self._client, self._server)),
            self._spawn(self._pump(self._server, self._client)),
        ]
        await asyncio.wait(pumps)
        await self._close(reset=False)

    async def _pump(self, source: socket.socket, target: socket.socket) -> None:
        """Pass on what one end sends, `delay_s` later, then the end of it."""
        loop = asyncio.get_running_loop()
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        writing = self._spawn(self._write(late, target))
        data = b"-"
        while data:
            try:
                data = await loop.sock_recv(source, 65_536)
            except OSError:
                data = b""
            late.put_nowait((loop.time() + self._proxy.delay_s, data))
        await asyncio.wait([writing])

    async def _write(self, late: asyncio.Queue[tuple[float, bytes]], target: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while True:
                due, data = await late.get()
                await asyncio.sleep(due - loop.time())
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                await loop.sock_sendall(target, data)

    async def _close(self, *, reset: bool) -> None:
        others = [task for task in self._tasks if task is not asyncio.current_task()]
        await asyncio.gather(*others, return_exceptions=True)  # none may use a closed socket
        for end in self.ends:
            with suppress(OSError):
                if reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
                end.close()
        self._proxy.forget(self)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        return task
