"""Empty databases with durable commits: SQLite files and a real PostgreSQL."""

from __future__ import annotations

from enum import StrEnum
from itertools import count
from pathlib import Path

from tests.harness.postgres import Postgres


class Kind(StrEnum):
    """The two kinds that the service supports."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Databases:
    """Creates databases. The first PostgreSQL database starts the PostgreSQL server.

    That server runs on the load's core: only the service's own process is to be measured.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = (f"bench{n}" for n in count())
        self._postgres: Postgres | None = None

    def create(self, kind: Kind) -> str:
        """The URL of a new database without tables."""
        name = next(self._names)
        if kind is Kind.SQLITE:
            return f"sqlite:///{self._folder / name}.db"
        self._postgres = self._postgres or Postgres(durable=True)
        return self._postgres.create(name)

    def close(self) -> None:
        """Stop PostgreSQL and remove its files."""
        if self._postgres is not None:
            self._postgres.remove()
