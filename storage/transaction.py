"""One batch's transaction, on the writer's connection.

Driver errors that mean "the database is unavailable" become DatabaseLost here. Any other error
comes from a command and is raised unchanged.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.database import Database, in_one_round_trip
from storage.listen import notifications

log = logging.getLogger("textlogin.writer")

_UNAVAILABLE = (OperationalError, InterfaceError, InternalError, PoolTimeout)


class DatabaseLost(Exception):
    """The database is unavailable; the transaction is rolled back.

    DatabaseLost
    └── CommitLost   COMMIT was sent but not acknowledged; its outcome is unknown
    """

    def __init__(self, cause: SQLAlchemyError) -> None:
        super().__init__(error_name(cause))


class CommitLost(DatabaseLost):
    """COMMIT was sent but not acknowledged; its outcome is unknown."""

    def __str__(self) -> str:
        return f"{super().__str__()} at COMMIT, whose outcome is unknown"


class Transaction:
    """An open transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.root = connection.begin()
        self.notified: list[str] = []

    def notify(self, verification_ids: Iterable[str]) -> None:
        """Tell the other processes at COMMIT that these verifications have changed."""
        self.notified.extend(verification_ids)


class Transactions:
    """Begins and ends the writer's transactions, one at a time. For one thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        #: Sent with each notification, so that a process recognises its own.
        self.origin_id = secrets.token_hex(8)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction that commits at the end of the block and rolls back if the block raises.

        The transactions of all processes run one after the other: SQLite locks the file,
        PostgreSQL takes an advisory lock. Raises DatabaseLost.
        """
        try:
            transaction = Transaction(self._connect())
            try:
                yield transaction
            except BaseException:
                self._roll_back(transaction)
                raise
            self._commit(transaction)
        except _UNAVAILABLE as error:
            self.disconnect()
            raise DatabaseLost(error) from error

    def disconnect(self) -> None:
        """Close the connection; the next transaction opens another."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.invalidate()
            connection.close()
        except SQLAlchemyError as error:
            log.debug("Cannot close a broken connection: %s", type(error).__name__)

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.writing.connect()
        return self._connection

    def _roll_back(self, transaction: Transaction) -> None:
        try:
            transaction.root.rollback()
        except SQLAlchemyError:
            self.disconnect()

    def _commit(self, transaction: Transaction) -> None:
        try:
            if transaction.notified and not self._database.is_sqlite:
                notify = notifications(self.origin_id, transaction.notified)
                in_one_round_trip(transaction.connection, *notify, "COMMIT")
            transaction.root.commit()
        except SQLAlchemyError as error:
            # If the batch was committed after all, this process must not skip its notifications.
            self.origin_id = secrets.token_hex(8)
            self.disconnect()
            raise CommitLost(error) from error


def error_name(error: SQLAlchemyError) -> str:
    """The class of the driver's error. Its message would quote values of the row."""
    return type(error.orig if isinstance(error, DBAPIError) else error).__name__
