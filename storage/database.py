"""The engines and their rules: SQLite for one process, PostgreSQL for any number.

What differs between the two on the hot path is here and in `dialect`, nowhere else.
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

#: How long anything may wait for the database, milliseconds.
PATIENCE = 1500
#: One key for all writers of a PostgreSQL database: "txtlogin" in ASCII.
ADVISORY_LOCK = 0x7478746C6F67696E
_READERS = 4
_WHOLE_TABLE_PLANS = ("seqscan", "hashjoin", "mergejoin", "material")
_SQLITE_BUSY = 2000

#: A migration may take its time, ms.
_MIGRATION_BUSY = 60_000

_PRAGMAS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=8000",
    "PRAGMA cache_size=-65536",
    "PRAGMA mmap_size=1073741824",
    "PRAGMA foreign_keys=ON",
)


class BadDatabaseUrl(ValueError):
    """The URL names no database that this service can use; the message says what would do."""


class DatabaseInUse(RuntimeError):
    """Another process serves this SQLite file."""


class Database:
    """One database: where it is, the writer's engine, the readers' engine."""

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        make = _sqlite_engine if self.is_sqlite else _postgresql_engine
        self.writing: Engine = make(self.url, writes=True)
        self.reading: Engine = make(self.url, writes=False)
        self._open: WeakSet[Any] = WeakSet()
        for engine in (self.writing, self.reading):
            event.listen(engine, "connect", self._remember)
        self._lock: int | None = None

    def sever(self) -> None:
        """Cuts what is open, so that no thread goes on waiting for a server that says nothing."""
        for connection in list(self._open):
            with (
                suppress(OSError, psycopg.Error),  # what is broken already needs no cut
                socket.socket(fileno=os.dup(connection.fileno())) as end,
            ):
                end.shutdown(socket.SHUT_RDWR)

    def _remember(self, connection: Any, _record: Any) -> None:
        if not self.is_sqlite:
            self._open.add(connection)

    @property
    def path(self) -> Path | None:
        """The SQLite file, None for PostgreSQL."""
        return Path(self.url.database or "").absolute() if self.is_sqlite else None

    def claim(self) -> None:
        """Makes this the one process that serves a SQLite file. Raises DatabaseInUse."""
        if self.path is None or self._lock is not None:
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
        self._lock = lock

    def dispose(self) -> None:
        """Closes every connection and gives the file back."""
        self.writing.dispose()
        self.reading.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def parse_url(url: str) -> URL:
    """A SQLite file or a PostgreSQL database, with the driver this service uses."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # whose words would hold a part of it
        raise BadDatabaseUrl("must be a URL, sqlite:///file.db or postgresql://…") from None
    match parsed.drivername:
        case "sqlite" | "sqlite+pysqlite" if parsed.database and parsed.database != ":memory:":
            return parsed.set(drivername="sqlite+pysqlite")
        case "postgres" | "postgresql" | "postgresql+psycopg":
            return parsed.set(drivername="postgresql+psycopg")
    raise BadDatabaseUrl("must be sqlite:///file.db or postgresql://…")


def _sqlite_engine(url: URL, *, writes: bool, busy: int = _SQLITE_BUSY) -> Engine:
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False, "cached_statements": 256},
        poolclass=QueuePool,
        pool_size=1 if writes else _READERS,
        max_overflow=0,
        pool_timeout=PATIENCE / 1000,
        pool_reset_on_return=None if not writes else "rollback",
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        connection.execute(f"PRAGMA busy_timeout={busy}")
        _use_wal(connection, busy)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if not writes:
            connection.execute("PRAGMA query_only=ON")

    if writes:

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _use_wal(connection: sqlite3.Connection, busy: int) -> None:
    """Write-ahead logging. The first switch of a file needs it alone, and doesn't wait for it as
    everything else does."""
    deadline = time.monotonic() + busy / 1000
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _postgresql_engine(url: URL, *, writes: bool) -> Engine:
    options = [
        f"-c lock_timeout={PATIENCE}",
        f"-c statement_timeout={PATIENCE}",
        f"-c idle_in_transaction_session_timeout={PATIENCE}",
    ]
    if writes:  # young tables get them, where an index wins from the first row on
        options += [f"-c enable_{plan}=off" for plan in _WHOLE_TABLE_PLANS]
        options.append("-c plan_cache_mode=force_generic_plan")
    connect = {
        "autocommit": True,  # we say BEGIN ourselves, below
        "connect_timeout": 2,
        "options": " ".join(options),
        "application_name": "textlogin",
        "prepare_threshold": 1,
    }
    engine = create_engine(
        url,
        connect_args=connect,
        poolclass=QueuePool,
        pool_size=1 if writes else _READERS,
        max_overflow=0,
        pool_timeout=PATIENCE / 1000,
        isolation_level=None if writes else "AUTOCOMMIT",
        hide_parameters=True,
    )

    if writes:

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:
            in_one_trip(connection, "BEGIN", f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")

    return engine


def in_one_trip(connection: Connection, *statements: str) -> None:
    """Statements without parameters, sent to PostgreSQL together: a trip costs more than most of
    them. The driver can prepare but one at a time, so these go unprepared."""
    driver: Any = connection.connection.driver_connection
    usual, driver.prepare_threshold = driver.prepare_threshold, None
    try:
        connection.exec_driver_sql("; ".join(statements))
    finally:
        driver.prepare_threshold = usual


def migration_engine(database: Database) -> Engine:
    """An engine without the serving limits: a migration may take its time."""
    if database.is_sqlite:
        return _sqlite_engine(database.url, writes=True, busy=_MIGRATION_BUSY)
    return create_engine(database.url, poolclass=NullPool, connect_args={"connect_timeout": 5})
