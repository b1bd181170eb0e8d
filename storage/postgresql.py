"""Connections to PostgreSQL: to one server, or to the primary among several."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

import psycopg
from psycopg import ConnectionInfo
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.pool import NullPool, QueuePool
from sqlmodel import create_engine

from storage.database_url import Parameters, split_servers
from storage.startup_options import as_statement, refuses_options

#: The longest wait for a lock, a statement, an idle transaction or a pooled connection.
DATABASE_TIMEOUT_MS = 1500
#: One key for the writers of all processes: "txtlogin" in ASCII.
ADVISORY_LOCK = 0x7478746C6F67696E

#: Plans that read a whole table. PostgreSQL prefers them for small tables, although an index is
#: faster from the first row on.
_WHOLE_TABLE_PLANS = ("seqscan", "hashjoin", "mergejoin", "material")
NO_WHOLE_TABLES = [f"-c enable_{plan}=off" for plan in _WHOLE_TABLE_PLANS]
#: Shorter than a statement's time: with equal ones, an error would not say that a lock was the
#: cause.
LOCK_TIMEOUT_MS = DATABASE_TIMEOUT_MS - 100
#: The server itself ends what takes too long.
SERVER_TIMEOUTS = [
    f"-c lock_timeout={LOCK_TIMEOUT_MS}",
    f"-c statement_timeout={DATABASE_TIMEOUT_MS}",
    f"-c idle_in_transaction_session_timeout={DATABASE_TIMEOUT_MS}",
]

#: For each server in turn. A connection with TLS takes about 7 round trips.
_CONNECT_TIMEOUT_S = 2
_MIGRATION_CONNECT_TIMEOUT_S = 5
#: libpq's parameters. The kernel closes a connection whose server has been silent for 3 s: 1 s
#: idle and two unanswered probes, or data that is not acknowledged.
_SILENCE: dict[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 3000,
}


class Dialect(PGDialect_psycopg):
    """SQLAlchemy's dialect, which asks a server nothing about itself before the first query."""

    supports_statement_cache = True

    def initialize(self, connection: Connection) -> None:
        """Set what five queries would find out, from what the server has sent by itself."""
        driver: Any = connection.connection.driver_connection
        version = driver.info.server_version
        self.server_version_info = version // 10_000, version % 10_000
        self.default_schema_name = "public"
        self.default_isolation_level = "READ COMMITTED"


registry.register("postgresql.textlogin", __name__, Dialect.__name__)


class Servers:
    """What connections of every purpose are opened with.

    psycopg tries the servers one after the other. The one that answered last comes first, so that
    a dead one costs its timeout only once.
    """

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._servers = split_servers(parameters)
        self._is_pooler = False

    def parameters(self, application_name: str, options: list[str]) -> dict[str, Any]:
        """Arguments of `psycopg.connect`; `options` are added to those of the setting."""
        servers = self._servers
        addresses = {name: ",".join(one[name] for one in servers) for name in servers[0]}
        given = self._parameters | addresses
        sent = "" if self._is_pooler else self._joined(options)
        defaults = {"connect_timeout": _CONNECT_TIMEOUT_S} | _SILENCE
        return defaults | given | {"application_name": application_name, "options": sent}

    def statement(self, options: list[str]) -> str:
        """What a new connection must execute: the `options`, if a pooler refuses them as
        parameters. Empty on a direct connection."""
        return (as_statement(self._joined(options)) or "") if self._is_pooler else ""

    def connect(self, options: list[str], **driver: Any) -> psycopg.Connection:
        """A connection of an engine. Raises psycopg.Error."""
        try:
            connection = self._open(options, driver)
        except psycopg.OperationalError as error:
            if not self.is_pooler(error, options):
                raise
            connection = self._open(options, driver)
        self.answered(connection.info)
        if statement := self.statement(options):
            with _closed_unless_done(connection):
                connection.execute(statement.encode())
                if not connection.autocommit:
                    connection.commit()
        return connection

    def is_pooler(self, error: psycopg.Error, options: list[str]) -> bool:
        """Whether to try again: a pooler has refused the `options` as parameters. From now on
        they are left to `statement`."""
        if self._is_pooler or not refuses_options(error):
            return False
        self._is_pooler = as_statement(self._joined(options)) is not None
        return self._is_pooler

    def answered(self, info: ConnectionInfo) -> None:
        """Try this server first from now on."""
        if len(self._servers) > 1:
            self._servers = sorted(self._servers, key=lambda one: not _is_at(one, info))

    def _joined(self, options: list[str]) -> str:
        return " ".join(filter(None, [self._parameters.get("options"), *options]))

    def _open(self, options: list[str], driver: dict[str, Any]) -> psycopg.Connection:
        return psycopg.connect(**(self.parameters("textlogin", options) | driver))


def postgresql_engine(
    servers: Servers, *, writes: bool, connections: int, patience_s: float
) -> Engine:
    """A pool that waits `patience_s` for a free connection."""
    options = list(SERVER_TIMEOUTS)
    if writes:
        options += [*NO_WHOLE_TABLES, "-c plan_cache_mode=force_generic_plan"]
    engine = create_engine(
        "postgresql+textlogin://",
        # `begin` below sends BEGIN, not the driver
        creator=lambda: servers.connect(options, autocommit=True, prepare_threshold=1),
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience_s,
        isolation_level=None if writes else "AUTOCOMMIT",
        use_native_hstore=False,
        hide_parameters=True,
    )

    if writes:

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            in_one_round_trip(connection, "BEGIN", f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")

    return engine


def postgresql_migration_engine(servers: Servers) -> Engine:
    """An engine without the server's timeouts: a migration may take minutes."""
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: servers.connect([], connect_timeout=_MIGRATION_CONNECT_TIMEOUT_S),
        poolclass=NullPool,
        use_native_hstore=False,
    )


def in_one_round_trip(connection: Connection, *statements: str) -> None:
    """Send statements without parameters to PostgreSQL together.

    The driver can only prepare single statements, so these are sent unprepared.
    """
    driver: Any = connection.connection.driver_connection
    threshold, driver.prepare_threshold = driver.prepare_threshold, None
    try:
        connection.exec_driver_sql("; ".join(statements))
    finally:
        driver.prepare_threshold = threshold


def shut_down(connection: psycopg.Connection | psycopg.AsyncConnection[Any]) -> None:
    """End the connection at once: a waiting caller gets psycopg.OperationalError."""
    with (
        suppress(OSError, psycopg.Error),  # already broken
        socket.socket(fileno=os.dup(connection.fileno())) as end,
    ):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def _closed_unless_done(connection: psycopg.Connection) -> Iterator[None]:
    """Close the connection if the block fails or takes too long: a pooler may accept a client long
    before it has a connection to the server for it."""
    timer = Timer(_CONNECT_TIMEOUT_S, shut_down, [connection])
    timer.start()
    try:
        yield
    except BaseException:
        connection.close()
        raise
    finally:
        timer.cancel()


def _is_at(server: Parameters, info: ConnectionInfo) -> bool:
    port = server.get("port") or str(info.port)
    return server.get("host", info.host) == info.host and port == str(info.port)
