"""The proxy goes silent as a network does."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.benchmarks.event_loop import EventLoopThread
from tests.faults.proxy import Proxy

_SHORT_S = 0.3


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        yield listening


@pytest.fixture
def proxy(server: socket.socket) -> Iterator[Proxy]:
    with EventLoopThread() as threads, closing(Proxy(threads, server.getsockname()[1])) as proxy:
        yield proxy


@pytest.fixture
def ends(server: socket.socket, proxy: Proxy) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection through the proxy."""
    with connect(proxy, 10) as client, server.accept()[0] as served:
        served.settimeout(10)
        yield client, served


def connect(proxy: Proxy, timeout_s: float) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout_s)


def test_silence_lets_nothing_through_and_healing_delivers_it(
    proxy: Proxy, ends: tuple[socket.socket, socket.socket]
) -> None:
    client, served = ends
    proxy.silence()
    client.sendall(b"question")
    served.settimeout(_SHORT_S)
    with pytest.raises(TimeoutError):
        served.recv(8)
    with pytest.raises(TimeoutError):
        connect(proxy, _SHORT_S)

    proxy.heal()

    served.settimeout(10)
    assert served.recv(8) == b"question"


def test_a_silent_peer_does_not_acknowledge(
    proxy: Proxy, ends: tuple[socket.socket, socket.socket]
) -> None:
    client, _ = ends
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 200)
    proxy.silence(only_existing=True)
    client.sendall(b"question")

    with pytest.raises(OSError, match="timed out"):
        client.recv(1)
    connect(proxy, 10).close()


def test_a_cut_resets_both_ends(proxy: Proxy, ends: tuple[socket.socket, socket.socket]) -> None:
    proxy.cut()

    for end in ends:
        with pytest.raises(ConnectionResetError):
            end.recv(1)


def test_refused_connections_are_accepted_again(proxy: Proxy) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        connect(proxy, 10)

    proxy.accept()

    connect(proxy, 10).close()


def test_a_delay_holds_what_passes(proxy: Proxy, ends: tuple[socket.socket, socket.socket]) -> None:
    client, served = ends
    proxy.delay_s = _SHORT_S
    began_at = time.monotonic()
    client.sendall(b"question")

    assert served.recv(8) == b"question"
    assert time.monotonic() - began_at >= _SHORT_S
