"""A PostgreSQL server that falls silent: the kernel closes the connection within 3 s."""

import os
import socket
from collections.abc import Iterator

import psycopg
import pytest

from storage.database import Database, migration_engine
from tests.harness.postgres import Postgres

LONGEST_S = 3


@pytest.fixture(scope="module")
def tcp_url() -> Iterator[str]:
    server = Postgres(tcp=True)
    yield server.tcp_url("postgres")
    server.remove()


def silence_s(connection: psycopg.Connection) -> float:
    """The longest time that the kernel waits for the peer, both with and without data to send."""
    with socket.socket(fileno=os.dup(connection.fileno())) as end:
        assert end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        options = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
        idle, interval, count, timeout_ms = (
            end.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in options
        )
    assert timeout_ms > 0
    return float(max(idle + interval * count, timeout_ms / 1000))


@pytest.mark.parametrize("purpose", ["writing", "reading", "migrating"])
def test_every_engine_notices_a_silent_server(tcp_url: str, purpose: str) -> None:
    database = Database(tcp_url)
    engines = {
        "writing": database.writing,
        "reading": database.reading,
        "migrating": migration_engine(database),
    }
    with engines[purpose].connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        assert silence_s(driver) <= LONGEST_S
    database.dispose()


def test_the_listener_notices_a_silent_server(tcp_url: str) -> None:
    servers = Database(tcp_url).servers
    assert servers is not None
    with psycopg.connect(**servers.parameters("textlogin listen", [])) as connection:
        assert silence_s(connection) <= LONGEST_S


def test_the_setting_may_choose_other_times(tcp_url: str) -> None:
    servers = Database(f"{tcp_url}?tcp_user_timeout=1000&keepalives_count=1").servers
    assert servers is not None
    with servers.connect([]) as connection:
        assert silence_s(connection) == 2
