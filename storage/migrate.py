"""Brings a database's schema up to date, one process at a time, and tells whether it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from storage.database import Database, migration_engine

#: "txtlogmi" in ASCII: not the writer's lock, so that serving goes on meanwhile.
MIGRATION_LOCK = 0x7478746C6F676D69


def migrate(database: Database) -> tuple[str | None, str]:
    """Runs what is missing; the revision before and after. Nothing is changed if it raises, nor
    where the database is ahead of this code."""
    engine = migration_engine(database)
    try:
        with engine.begin() as connection:  # on SQLite BEGIN IMMEDIATE: the file's own lock
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


@cache
def head() -> str:
    """The newest revision this code knows."""
    found = _scripts().get_current_head()
    assert found is not None
    return found


def is_behind(revision: str | None) -> bool:
    """Whether a database at `revision` lacks something. One that is ahead is fine: migrations
    expand before they contract, so older code goes on working."""
    if revision is None:
        return True
    return _is_known(revision) and revision != head()


def _is_known(revision: str) -> bool:
    return revision in {script.revision for script in _scripts().walk_revisions()}


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _current(connection: object) -> str | None:
    from alembic.migration import MigrationContext
    from sqlalchemy import Connection

    assert isinstance(connection, Connection)
    return MigrationContext.configure(connection).get_current_revision()
