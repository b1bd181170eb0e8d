"""Connections to a SQLite file, which is only created by a migration."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import QueuePool
from sqlmodel import create_engine

#: How long SQLite waits for the file's lock.
BUSY_MS = 2000
MIGRATION_BUSY_MS = 60_000

_WAL_RETRY_S = 0.01
_PRAGMAS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=8000",
    "PRAGMA cache_size=-65536",
    "PRAGMA mmap_size=1073741824",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",  # needs no descriptor of its own
)

_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO

#: Device and inode.
FileIdentity = tuple[int, int]


class FileMissing(sqlite3.OperationalError):
    """There is no file at this path."""


class FileReplaced(Exception):
    """The path names another file than the one that is open, or none: what was written into the
    open file will not be found again."""


class FileConnection(sqlite3.Connection):
    """`identity` is that of the opened file, which keeps it when it is renamed."""

    identity: FileIdentity | None = None


def file_identity(path: Path) -> FileIdentity | None:
    """What distinguishes this file from another one at the same path; None if it is missing."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def files_of(path: Path) -> list[Path]:
    """The database's file and those that SQLite keeps beside it."""
    return [path, *(path.with_name(f"{path.name}-{kind}") for kind in ("wal", "shm"))]


def loose_files(path: Path) -> list[Path]:
    """Those of its files that other users of the machine may read or write."""
    return [one for one in files_of(path) if one.exists() and one.stat().st_mode & _OF_OTHERS]


def is_missing(error: BaseException | None) -> bool:
    """Whether a query failed because there is no file at the path."""
    return isinstance(error, DBAPIError) and isinstance(error.orig, FileMissing)


def sqlite_engine(
    path: Path,
    *,
    writes: bool,
    connections: int,
    patience_s: float,
    busy_ms: int = BUSY_MS,
    creates: bool = False,
) -> Engine:
    """A pool that never reads or writes a file that was renamed, removed or replaced.

    It waits `patience_s` for a free connection. `creates` makes a missing file.
    """
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: _open(path, creates=creates),
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience_s,
        pool_reset_on_return="rollback" if writes else None,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: FileConnection, _record: Any) -> None:
        connection.isolation_level = None  # `begin` below sends BEGIN, not the driver
        connection.execute(f"PRAGMA busy_timeout={busy_ms}")
        _use_wal(connection, busy_ms)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if not writes:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "checkout")
    def check(connection: FileConnection, _record: Any, _proxy: Any) -> None:
        if connection.identity != file_identity(path):
            raise DisconnectionError  # the pool opens another

    if writes:

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _open(path: Path, *, creates: bool) -> FileConnection:
    expected = file_identity(path)
    if expected is None and not creates:
        raise FileMissing("the file is missing")
    if expected is None:
        _create(path)
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={'rwc' if creates else 'rw'}",
        uri=True,
        check_same_thread=False,
        cached_statements=256,
        factory=FileConnection,
    )
    connection.identity = file_identity(path)
    if expected not in (None, connection.identity):
        connection.close()
        raise FileMissing("the file was replaced while it was opened")
    return connection


def _create(path: Path) -> None:
    """An empty file for its owner alone. SQLite gives the files beside it the same mode."""
    with suppress(OSError):  # SQLite fails too, and says why
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


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
