"""Migrates the schema, one process at a time, and checks whether it is up to date."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from storage.database import Database, migration_engine
from storage.sqlite import is_missing

#: "txtlogmi" in ASCII. Not the writer's lock, so that the service runs during a migration.
MIGRATION_LOCK = 0x7478746C6F676D69


def migrate(database: Database) -> tuple[str | None, str]:
    """Run the missing migrations and return the revision before and after.

    Nothing changes if this raises, or if the database is ahead of this code.
    """
    engine = migration_engine(database)
    try:
        with engine.begin() as connection:  # SQLite: BEGIN IMMEDIATE locks the file
            if not database.is_sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            before = _current(connection)
            if before is not None and not _is_known(before):
                return before, before
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return before, head()
    finally:
        engine.dispose()


def revision(database: Database) -> str | None:
    """The revision of the database; None before the first migration, also where the SQLite file is
    missing. Raises SQLAlchemyError."""
    try:
        with database.reading.connect() as connection:
            return _current(connection)
    except DBAPIError as error:
        if is_missing(error):
            return None
        raise


@cache
def head() -> str:
    """The newest revision that this code knows."""
    revision = _scripts().get_current_head()
    assert revision is not None, "no migrations found"
    return revision


def is_behind(revision: str | None) -> bool:
    """Whether a database at `revision` lacks a migration.

    A database that is ahead is not behind: migrations expand before they contract, so older code
    still works with it.
    """
    if revision is None:
        return True
    return _is_known(revision) and revision != head()


def is_ahead(revision: str | None) -> bool:
    """Whether a newer version of the code has migrated a database at `revision`."""
    return revision is not None and not _is_known(revision)


def _is_known(revision: str) -> bool:
    return revision in {script.revision for script in _scripts().walk_revisions()}


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
