"""Migrations make the tables of the models, once, however many processes run them."""

import io
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, inspect
from sqlmodel import SQLModel

import storage.tables
from storage.database import Database, migration_engine
from storage.migrate import head, is_behind, migrate
from tests.harness.process import process
from tests.harness.running_writer import running_writer, text
from tests.harness.settings import PUBLIC_KEY, environment

MIGRATIONS = Path(storage.tables.__file__).parent / "migrations"


def with_connection(url: str, work: Callable[[Connection], None]) -> None:
    database = Database(url)
    engine = migration_engine(database)
    with engine.begin() as connection:
        work(connection)
    engine.dispose()
    database.dispose()


def test_a_second_migration_changes_nothing(empty_url: str) -> None:
    database = Database(empty_url)
    assert migrate(database) == (None, head())
    before = schema(database.writing)
    assert migrate(database) == (head(), head())
    assert schema(database.writing) == before
    database.dispose()


def test_simultaneous_migrations_run_one_after_the_other(empty_url: str, tmp_path: Path) -> None:
    variables = environment(empty_url, PUBLIC_KEY)
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                process("webhooks", "migrate", folder=tmp_path, environment=variables)
            )
            for _ in range(4)
        ]
        assert [(child.ends(), child.output) for child in children if child.ends()] == []
        outputs = sorted(child.output for child in children)
    assert outputs == [f"The database is at revision {head()} (no change)."] * 3 + [
        f"The database is at revision {head()} (was empty)."
    ]


def test_migrations_make_the_columns_and_indexes_of_the_models(database_url: str) -> None:
    output = io.StringIO()

    def check(connection: Connection) -> None:
        config = Config(stdout=output)
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.check(config)

    with_connection(database_url, check)
    assert "No new upgrade operations detected" in output.getvalue()


def test_migrations_make_the_checks_and_partial_indexes_of_the_models(empty_url: str) -> None:
    database = Database(empty_url)
    with database.writing.begin() as connection:
        SQLModel.metadata.create_all(connection)
    made = schema(database.writing)
    with database.writing.begin() as connection:
        SQLModel.metadata.drop_all(connection)
    migrate(database)
    assert schema(database.writing) == made
    database.dispose()


async def test_a_migration_runs_while_the_service_does(database_url: str) -> None:
    async with running_writer(database_url) as writer:
        await writer.submit(text())
        database = Database(database_url)
        assert migrate(database) == (head(), head())
        database.dispose()
        await writer.submit(text())
        assert writer.count("verifications") == 1


def test_a_newer_database_is_left_as_it_is(database_url: str) -> None:
    def say(version: str, connection: Connection) -> None:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")

    with_connection(database_url, partial(say, "9999"))
    database = Database(database_url)
    assert migrate(database) == ("9999", "9999")
    database.dispose()
    with_connection(database_url, partial(say, head()))  # the database is used again


def test_a_migration_that_fails_leaves_nothing(empty_url: str) -> None:
    def occupy(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE phones (phone TEXT)")

    with_connection(empty_url, occupy)
    database = Database(empty_url)
    with pytest.raises(Exception, match="phones"):
        migrate(database)
    assert inspect(database.writing).get_table_names() == ["phones"]
    database.dispose()


def test_only_an_older_revision_is_behind() -> None:
    assert is_behind(None)
    assert not is_behind(head())
    assert not is_behind("9999")


def schema(engine: Engine) -> dict[str, Any]:
    """What the database reports about each table."""
    found = inspect(engine)
    return {
        name: {
            "columns": [
                (column["name"], str(column["type"]), column["nullable"], column["default"])
                for column in found.get_columns(name)
            ],
            "key": found.get_pk_constraint(name)["constrained_columns"],
            "checks": sorted(
                (check["name"], check["sqltext"]) for check in found.get_check_constraints(name)
            ),
            "indexes": sorted(map(_index, found.get_indexes(name))),
        }
        for name in found.get_table_names()
        if name != "alembic_version"
    }


def _index(index: Any) -> tuple[str, str, bool, str]:
    options = index.get("dialect_options", {})
    where = options.get("postgresql_where", options.get("sqlite_where"))
    return index["name"], ",".join(index["column_names"]), bool(index["unique"]), str(where)
