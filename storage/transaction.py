"""One batch's transaction, on the writer's connection.

Errors that mean "the database is unavailable" become DatabaseLost here. Any other error comes
from a command and is raised unchanged.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from storage.clock import Clock
from storage.database import Database
from storage.listen import payloads
from storage.postgresql_session import PostgresqlSession
from storage.session import Session
from storage.sqlite import FileReplaced
from storage.sqlite_session import SqliteSession
from storage.statements import Query, Write

log = logging.getLogger("textlogin.writer")

_UNAVAILABLE = (
    FileReplaced,
    SQLAlchemyError,  # of its pool: the connection cannot be opened
    sqlite3.OperationalError,
    sqlite3.InternalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.InternalError,
    psycopg.errors.UndefinedTable,  # the migrations have not run
    psycopg.errors.UndefinedColumn,
)


class DatabaseLost(Exception):
    """The database is unavailable, as `cause` says; the transaction is rolled back.

    DatabaseLost
    └── CommitLost   COMMIT was sent but not acknowledged; its outcome is unknown
    """

    def __init__(self, cause: Exception) -> None:
        super().__init__(type(cause).__name__)
        self.cause = cause


class CommitLost(DatabaseLost):
    """COMMIT was sent but not acknowledged; its outcome is unknown."""


class Transaction:
    """An open transaction. It begins with the first read, in the same round trip."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._writes: list[Write] = []
        self._changed: list[str] = []
        self._has_begun = False
        #: The time of the batch (ms). The first read moves it forward to the time of the last
        #: commit of any process, if that is later.
        self.now = clock()

    def read(self, queries: Sequence[Query]) -> list[list[Any]]:
        """The records that each query finds."""
        if self._has_begun:
            rows = self._session.read(queries)
        else:
            self._has_begun = True
            last_commit, rows = self._session.begin(queries)
            self.now = max(self.now, self._clock.not_before(last_commit))
        return [query.records(found) for query, found in zip(queries, rows, strict=True)]

    def write(self, writes: Iterable[Write]) -> None:
        """Write at the end of the transaction."""
        self._writes.extend(writes)

    def notify(self, verification_ids: Iterable[str]) -> None:
        """Tell the other processes at COMMIT that these verifications have changed."""
        self._changed.extend(verification_ids)

    def end(self, origin_id: str, *, must_write: bool) -> None:
        """Write what there is to write, and COMMIT."""
        if self._writes or must_write:
            self._session.commit(self.now, self._writes, payloads(origin_id, self._changed))
        else:
            self._session.roll_back()


class Transactions:
    """Begins and ends the writer's transactions, one at a time. For one thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._session: Session | None = None
        #: Sent with each notification, so that a process recognises its own.
        self.origin_id = secrets.token_hex(8)

    @contextmanager
    def begin(self, *, must_write: bool = False) -> Iterator[Transaction]:
        """A transaction that commits at the end of the block and rolls back if the block raises.
        `must_write` writes even if there is nothing to write, to find out whether that works.

        The transactions of all processes run one after the other: SQLite locks the file,
        PostgreSQL takes an advisory lock. Raises DatabaseLost.
        """
        try:
            session = self._connect()
            transaction = Transaction(session, self._clock)
            try:
                yield transaction
            except BaseException:
                self._roll_back(session)
                raise
            self._commit(session, transaction, must_write=must_write)
        except _UNAVAILABLE as error:
            self.disconnect()
            raise DatabaseLost(error) from error

    def changed_elsewhere(self) -> bool:
        """Whether the last transaction found that another process has written, without a notice of
        it: see `Session`. Tells each change once."""
        if self._session is None or not self._session.changed_elsewhere:
            return False
        self._session.changed_elsewhere = False
        return True

    def disconnect(self) -> None:
        """Close the connection; the next transaction opens another."""
        session, self._session = self._session, None
        if session is None:
            return
        try:
            session.close()
        except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
            log.debug("Cannot close a broken connection: %s", type(error).__name__)

    def _connect(self) -> Session:
        if self._session is None:
            database = self._database
            self._session = (
                SqliteSession(database) if database.is_sqlite else PostgresqlSession(database)
            )
        return self._session

    def _roll_back(self, session: Session) -> None:
        try:
            session.roll_back()
        except (sqlite3.Error, psycopg.Error):
            self.disconnect()

    def _commit(self, session: Session, transaction: Transaction, *, must_write: bool) -> None:
        try:
            transaction.end(self.origin_id, must_write=must_write)
        except Exception as error:
            if isinstance(error, FileReplaced) or session.is_broken:
                # If the batch was committed after all, its notifications must not be skipped.
                self.origin_id = secrets.token_hex(8)
                self.disconnect()
                raise CommitLost(error) from error
            self._roll_back(session)  # the database has answered: nothing is committed
            raise
