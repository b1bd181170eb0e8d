"""The writer's connection to the database, one transaction at a time.

SQLite and PostgreSQL each have a kind. Both speak to the driver directly: SQLAlchemy has no
pipelines, and what it adds to each statement would be half of a batch's time on SQLite.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from storage.statements import DriverRow, Query, Write

#: The one row of `last_commit`.
LAST_COMMIT = "SELECT committed_at FROM last_commit"


class Session(Protocol):
    """Errors of the driver pass through unchanged."""

    #: Whether another process has committed since the last `begin`. Always False where processes
    #: tell each other.
    changed_elsewhere: bool

    @property
    def is_broken(self) -> bool:
        """Whether the connection is known to be lost."""

    def begin(self, queries: Sequence[Query]) -> tuple[int, Sequence[Sequence[DriverRow]]]:
        """Lock out every other writer, then read: the time of the last commit (ms), and the rows
        of each query."""

    def read(self, queries: Sequence[Query]) -> Sequence[Sequence[DriverRow]]:
        """The rows of each query."""

    def commit(self, now: int, writes: Sequence[Write], notices: Sequence[str]) -> None:
        """Write, record `now` (ms) as the time of the last commit, COMMIT. PostgreSQL then sends
        the notices to the other processes."""

    def roll_back(self) -> None:
        """End the transaction without changes."""

    def close(self) -> None:
        """Close the connection for good."""
