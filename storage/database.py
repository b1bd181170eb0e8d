"""Connections to the database: SQLite for one process, PostgreSQL for any number.

On the hot path, only this module, `statements` and `transaction` know which of the two it is.
"""

from __future__ import annotations

import fcntl
import os
import socket
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

import psycopg
from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, QueuePool
from sqlmodel import create_engine

#: The longest wait for a lock, a statement, an idle transaction or a pooled connection.
DATABASE_TIMEOUT_MS = 1500
#: One key for the writers of all processes: "txtlogin" in ASCII.
ADVISORY_LOCK = 0x7478746C6F67696E
#: Connections that read, and threads that use them.
READERS = 4

_CONNECT_TIMEOUT_S = 2
_MIGRATION_CONNECT_TIMEOUT_S = 5
#: How long SQLite waits for the file's lock.
_SQLITE_BUSY_MS = 2000
_SQLITE_MIGRATION_BUSY_MS = 60_000
_WAL_RETRY_S = 0.01

_PRAGMAS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=8000",
    "PRAGMA cache_size=-65536",
    "PRAGMA mmap_size=1073741824",
    "PRAGMA foreign_keys=ON",
)
#: Plans that read a whole table. PostgreSQL prefers them for small tables, although an index is
#: faster from the first row on.
_WHOLE_TABLE_PLANS = ("seqscan", "hashjoin", "mergejoin", "material")


class BadDatabaseUrl(ValueError):
    """The URL names no database that this service can use; the message says what is expected."""


class DatabaseInUse(RuntimeError):
    """Another process serves this SQLite file."""


class Database:
    """One database: its URL, an engine that writes, an engine that reads."""

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        make = _sqlite_engine if self.is_sqlite else _postgresql_engine
        self.writing: Engine = make(self.url, writes=True)
        self.reading: Engine = make(self.url, writes=False)
        self._connections: WeakSet[Any] = WeakSet()
        if not self.is_sqlite:
            for engine in (self.writing, self.reading):
                event.listen(engine, "connect", self._remember)
        self._lock_file: int | None = None
        self._file: Any = os.path.abspath(self.url.database or "") if self.is_sqlite else None

    def cut_connections(self) -> None:
        """Shut down every socket to PostgreSQL, so that no thread waits for a server that does
        not respond."""
        for connection in list(self._connections):
            with (
                suppress(OSError, psycopg.Error),  # already broken
                socket.socket(fileno=os.dup(connection.fileno())) as end,
            ):
                end.shutdown(socket.SHUT_RDWR)

    def _remember(self, connection: Any, _record: Any) -> None:
        self._connections.add(connection)

    @property
    def path(self) -> Path | None:
        """The SQLite file, None for PostgreSQL."""
        return Path(self.url.database or "").absolute() if self.is_sqlite else None

    def file_identity(self) -> tuple[int, int] | None:
        """The device and inode of the SQLite file; None if it is missing, and for PostgreSQL."""
        try:
            found = os.stat(self._file)
        except (FileNotFoundError, TypeError):
            return None
        return found.st_dev, found.st_ino

    def claim(self) -> None:
        """Make this the only process that serves a SQLite file. Raises DatabaseInUse."""
        if self.path is None or self._lock_file is not None:
            return
        lock_path = self.path.with_name(self.path.name + ".lock")
        lock = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise DatabaseInUse(
                f"Another process already serves {self.path.name}. SQLite serves one process: "
                "stop the other one, or set DATABASE_URL to a PostgreSQL database."
            ) from error
        self._lock_file = lock

    def dispose(self) -> None:
        """Close every connection and release the SQLite file."""
        self.writing.dispose()
        self.reading.dispose()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None


def parse_url(url: str) -> URL:
    """The URL of a SQLite file or a PostgreSQL database, with the driver that this service uses.

    Raises BadDatabaseUrl.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # its message would quote a part of the URL
        raise BadDatabaseUrl("must be a URL, sqlite:///file.db or postgresql://…") from None
    match parsed.drivername:
        case "sqlite" | "sqlite+pysqlite" if parsed.database and parsed.database != ":memory:":
            return parsed.set(drivername="sqlite+pysqlite")
        case "postgres" | "postgresql" | "postgresql+psycopg":
            return parsed.set(drivername="postgresql+psycopg")
    raise BadDatabaseUrl("must be sqlite:///file.db or postgresql://…")


def _sqlite_engine(url: URL, *, writes: bool, busy_ms: int = _SQLITE_BUSY_MS) -> Engine:
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False, "cached_statements": 256},
        poolclass=QueuePool,
        pool_size=1 if writes else READERS,
        max_overflow=0,
        pool_timeout=DATABASE_TIMEOUT_MS / 1000,
        pool_reset_on_return="rollback" if writes else None,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # `begin` below sends BEGIN, not the driver
        connection.execute(f"PRAGMA busy_timeout={busy_ms}")
        _use_wal(connection, busy_ms)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if not writes:
            connection.execute("PRAGMA query_only=ON")

    if writes:

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _use_wal(connection: sqlite3.Connection, busy_ms: int) -> None:
    """Switch the file to write-ahead logging. The switch needs exclusive access and ignores
    `busy_timeout`, hence the loop."""
    deadline = time.monotonic() + busy_ms / 1000
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_WAL_RETRY_S)
        else:
            return


def _postgresql_engine(url: URL, *, writes: bool) -> Engine:
    options = [
        f"-c lock_timeout={DATABASE_TIMEOUT_MS}",
        f"-c statement_timeout={DATABASE_TIMEOUT_MS}",
        f"-c idle_in_transaction_session_timeout={DATABASE_TIMEOUT_MS}",
    ]
    if writes:
        options += [f"-c enable_{plan}=off" for plan in _WHOLE_TABLE_PLANS]
        options.append("-c plan_cache_mode=force_generic_plan")
    connect = {
        "autocommit": True,  # `begin` below sends BEGIN, not the driver
        "connect_timeout": _CONNECT_TIMEOUT_S,
        "options": " ".join(options),
        "application_name": "textlogin",
        "prepare_threshold": 1,
    }
    engine = create_engine(
        url,
        connect_args=connect,
        poolclass=QueuePool,
        pool_size=1 if writes else READERS,
        max_overflow=0,
        pool_timeout=DATABASE_TIMEOUT_MS / 1000,
        isolation_level=None if writes else "AUTOCOMMIT",
        hide_parameters=True,
    )

    if writes:

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:
            in_one_round_trip(connection, "BEGIN", f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")

    return engine


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


def migration_engine(database: Database) -> Engine:
    """An engine without the timeouts of the service: a migration may take minutes."""
    if database.is_sqlite:
        return _sqlite_engine(database.url, writes=True, busy_ms=_SQLITE_MIGRATION_BUSY_MS)
    connect = {"connect_timeout": _MIGRATION_CONNECT_TIMEOUT_S}
    return create_engine(database.url, poolclass=NullPool, connect_args=connect)
