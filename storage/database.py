"""The database of the service: SQLite for one process, PostgreSQL for any number.

On the hot path, only this module, `statements` and `transaction` know which of the two it is.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, event

from storage.database_url import parse_database_url
from storage.postgresql import (
    ADVISORY_LOCK,
    DATABASE_TIMEOUT_MS,
    Servers,
    postgresql_engine,
    postgresql_migration_engine,
    shut_down,
)
from storage.sqlite import MIGRATION_BUSY_MS, FileIdentity, file_identity, sqlite_engine

__all__ = [
    "ADVISORY_LOCK",
    "DATABASE_TIMEOUT_MS",
    "READERS",
    "Database",
    "DatabaseInUse",
    "migration_engine",
]

#: Connections that read, and threads that use them.
READERS = 4


class DatabaseInUse(RuntimeError):
    """Another process serves this SQLite file."""


class Database:
    """One database: an engine that writes and an engine that reads.

    `path` is the SQLite file, `servers` are those of PostgreSQL; the other one is None. Raises
    BadDatabaseUrl. Nothing is opened before the first query.
    """

    def __init__(self, url: str) -> None:
        parsed = parse_database_url(url)
        self.path = parsed if isinstance(parsed, Path) else None
        self.servers = None if isinstance(parsed, Path) else Servers(parsed)
        self.writing = self._engine(writes=True)
        self.reading = self._engine(writes=False)
        self._connections: WeakSet[Any] = WeakSet()
        if not self.is_sqlite:
            for engine in (self.writing, self.reading):
                event.listen(engine, "connect", self._remember)
        self._lock_file: int | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite file."""
        return self.path is not None

    def file_identity(self) -> FileIdentity | None:
        """Device and inode of the SQLite file at the path; None if it is missing, and for
        PostgreSQL. A connection's `driver_connection.identity` is that of the file it opened."""
        return None if self.path is None else file_identity(self.path)

    def cut_connections(self) -> None:
        """Shut down every socket to PostgreSQL, so that no thread waits for a server that does
        not respond."""
        for connection in list(self._connections):
            shut_down(connection)

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

    def _engine(self, *, writes: bool) -> Engine:
        connections = 1 if writes else READERS
        patience_s = DATABASE_TIMEOUT_MS / 1000
        if self.path is not None:
            return sqlite_engine(
                self.path, writes=writes, connections=connections, patience_s=patience_s
            )
        assert self.servers is not None
        return postgresql_engine(
            self.servers, writes=writes, connections=connections, patience_s=patience_s
        )

    def _remember(self, connection: Any, _record: Any) -> None:
        self._connections.add(connection)


def migration_engine(database: Database) -> Engine:
    """An engine with the patience that a migration needs. It creates a missing SQLite file."""
    if database.path is not None:
        return sqlite_engine(
            database.path,
            writes=True,
            connections=1,
            patience_s=DATABASE_TIMEOUT_MS / 1000,
            busy_ms=MIGRATION_BUSY_MS,
            creates=True,
        )
    assert database.servers is not None
    return postgresql_migration_engine(database.servers)
