"""Fresh, migrated databases that keep what they are told: SQLite files and a real PostgreSQL."""

from __future__ import annotations

from enum import StrEnum
from itertools import count
from pathlib import Path

from storage.database import Database
from storage.migrate import migrate
from tests.postgres import Postgres


class Kind(StrEnum):
    """The two that the service knows."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Databases:
    """Makes them; a PostgreSQL server is started when the first one is asked for.

    It inherits the load's core: what the service costs is what its own process does.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = (f"bench{n}" for n in count())
        self._postgres: Postgres | None = None

    def fresh(self, kind: Kind) -> str:
        """The URL of a new one."""
        name = next(self._names)
        if kind is Kind.SQLITE:
            url = f"sqlite:///{self._folder / name}.db"
        else:
            self._postgres = self._postgres or Postgres(durable=True)
            url = self._postgres.create(name)
        database = Database(url)
        migrate(database)
        database.dispose()
        return url

    def close(self) -> None:
        """Stops the server."""
        if self._postgres is not None:
            self._postgres.remove()
