"""The writer's connection to PostgreSQL, which may be far away: pipelines of statements take one
round trip each, three for a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from sqlalchemy import PoolProxiedConnection

from storage.database import ADVISORY_LOCK, Database
from storage.listen import CHANNEL
from storage.pipeline import Pipeline, Statement
from storage.session import LAST_COMMIT
from storage.statements import DriverRow, Query, Write

_NOTIFY = f"SELECT pg_notify('{CHANNEL}', notice) FROM unnest(%s::text[]) AS notice"


class PostgresqlSession:
    """`storage.session.Session`."""

    changed_elsewhere = False

    def __init__(self, database: Database) -> None:
        self._pooled: PoolProxiedConnection = database.writing.raw_connection()
        driver: Any = self._pooled.driver_connection
        self._driver: psycopg.Connection[Any] = driver
        self._pipeline = Pipeline(driver)

    @property
    def is_broken(self) -> bool:
        """Whether the connection is known to be lost."""
        return self._driver.closed

    def begin(self, queries: Sequence[Query]) -> tuple[int, Sequence[Sequence[DriverRow]]]:
        """The advisory lock waits for the batches of other processes; what is read afterwards
        includes their commits."""
        _, _, ((last_commit,),), *rows = self._pipeline.run(
            [
                ("BEGIN", ()),
                (f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})", ()),
                (LAST_COMMIT, ()),
                *_selects(queries),
            ]
        )
        return last_commit, rows

    def read(self, queries: Sequence[Query]) -> Sequence[Sequence[DriverRow]]:
        """All in one round trip."""
        return self._pipeline.run(_selects(queries)) if queries else []

    def commit(self, now: int, writes: Sequence[Write], notices: Sequence[str]) -> None:
        """All in one round trip. The server skips what follows a statement that fails."""
        notify: list[Statement] = [(_NOTIFY, (list(notices),))] if notices else []
        self._pipeline.run(
            [
                *writes,
                ("UPDATE last_commit SET committed_at = %s", (now,)),
                *notify,
                ("COMMIT", ()),
            ]
        )

    def roll_back(self) -> None:
        """End the transaction without changes."""
        self._driver.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection for good."""
        self._pooled.invalidate()
        self._pooled.close()


def _selects(queries: Sequence[Query]) -> list[Statement]:
    return [(query.select.sql, query.parameters) for query in queries]
