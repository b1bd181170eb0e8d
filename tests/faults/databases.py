"""The database of a row: a SQLite file, or a PostgreSQL server behind a proxy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import LiteralString
from uuid import uuid4

import psycopg

from storage.database import Database
from storage.migrate import migrate
from tests.benchmarks.event_loop import EventLoopThread
from tests.faults.proxy import Proxy
from tests.harness.postgres import Postgres

_APPROVALS = "SELECT phone, count(*) FROM verifications WHERE status = 'approved' GROUP BY phone"


class SqliteFile:
    """A migrated file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "textlogin.db"
        self.url = f"sqlite:///{self.path}"
        _migrate(self.url)

    def approvals(self) -> Counter[str]:
        """How many of each phone's verifications are approved."""
        return approvals(self.url)

    def bytes(self) -> int:
        """The size of the file."""
        return self.path.stat().st_size

    def log_bytes(self) -> int:
        """The size of the write-ahead log."""
        return self.path.with_name(self.path.name + "-wal").stat().st_size

    def close(self) -> None:
        """The folder is the caller's."""


class PostgresqlServer:
    """A migrated database, and the proxy between it and the service."""

    def __init__(self, threads: EventLoopThread, server: Postgres) -> None:
        self.server = server
        self._name = _new_name()
        server.create(self._name)
        _migrate(server.url(self._name))
        self.proxy = Proxy(threads, server.port)
        self.url = f"postgresql://postgres@127.0.0.1:{self.proxy.port}/{self._name}"

    def replicated_url(self, form: str, replica: Postgres) -> str:
        """The database past the proxy, on its server or on a replica of it. `form` is a URL with
        the fields `first` and `second` (host:port) and `name`."""
        first, second = (f"127.0.0.1:{one.port}" for one in (self.server, replica))
        return form.format(first=first, second=second, name=self._name)

    def execute(self, statement: LiteralString) -> None:
        """Run a statement past the proxy, and make the server read its configuration again."""
        with psycopg.connect(self.server.url(self._name), autocommit=True) as connection:
            connection.execute(statement)
            connection.execute("SELECT pg_reload_conf()")

    def approvals(self) -> Counter[str]:
        """How many of each phone's verifications are approved."""
        return approvals(self.server.url(self._name))

    def bytes(self) -> int:
        """The size of the database."""
        return self._number("SELECT pg_database_size(current_database())")

    def log_bytes(self) -> int:
        """The size of the write-ahead log."""
        return self._number("SELECT sum(size)::bigint FROM pg_ls_waldir()")

    def close(self) -> None:
        """The server is the caller's."""
        self.proxy.close()

    def _number(self, query: LiteralString) -> int:
        with psycopg.connect(self.server.url(self._name)) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])


def migrated_url(folder: Path, server: Postgres | None) -> str:
    """The URL of a migrated database on the server; without one, of a SQLite file."""
    url = f"sqlite:///{folder / 'textlogin.db'}" if server is None else server.create(_new_name())
    _migrate(url)
    return url


def _new_name() -> str:
    return f"f{uuid4().hex}"


def _migrate(url: str) -> None:
    database = Database(url)
    migrate(database)
    database.dispose()


def approvals(url: str) -> Counter[str]:
    """How many of each phone's verifications are approved."""
    database = Database(url)
    with database.reading.connect() as connection:
        rows = connection.exec_driver_sql(_APPROVALS).all()
    database.dispose()
    return Counter(dict(map(tuple, rows)))
