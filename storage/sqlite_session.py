"""The writer's connection to a SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from sqlalchemy import PoolProxiedConnection

from storage.database import Database
from storage.session import LAST_COMMIT
from storage.sqlite import FileIdentity, FileReplaced
from storage.statements import DriverRow, Query, Write


class SqliteSession:
    """`storage.session.Session`."""

    is_broken = False

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pooled: PoolProxiedConnection = database.writing.raw_connection()
        driver: Any = self._pooled.driver_connection
        self._driver: sqlite3.Connection = driver
        self._identity: FileIdentity | None = driver.identity
        #: Changes with each commit of another connection, such as a command's, not with ours.
        self._version: int | None = None
        self.changed_elsewhere = False

    def begin(self, queries: Sequence[Query]) -> tuple[int, Sequence[Sequence[DriverRow]]]:
        """BEGIN IMMEDIATE waits for the file's lock. Raises FileReplaced."""
        self._check_file()
        self._driver.execute("BEGIN IMMEDIATE")
        ((version,),) = self._driver.execute("PRAGMA data_version")
        self.changed_elsewhere, self._version = version != self._version, version
        ((last_commit,),) = self._driver.execute(LAST_COMMIT)
        return last_commit, self.read(queries)

    def read(self, queries: Sequence[Query]) -> Sequence[Sequence[DriverRow]]:
        """One after another."""
        return [
            self._driver.execute(query.select.sql, query.parameters).fetchall() for query in queries
        ]

    def commit(self, now: int, writes: Sequence[Write], notices: Sequence[str]) -> None:
        """Other processes find out by `changed_elsewhere`. Raises FileReplaced after the COMMIT."""
        for write in writes:
            self._driver.executemany(write.sql, write.parameters)
        self._driver.execute("UPDATE last_commit SET committed_at = ?", (now,))
        self._driver.execute("COMMIT")
        self._check_file()

    def roll_back(self) -> None:
        """End the transaction without changes."""
        if self._driver.in_transaction:  # some errors have ended it already
            self._driver.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection for good."""
        self._pooled.invalidate()
        self._pooled.close()

    def _check_file(self) -> None:
        if self._database.file_identity() != self._identity:
            raise FileReplaced
