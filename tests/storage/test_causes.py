"""Errors of real databases are described in words, without anything of the setting or the rows."""

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.causes import describe
from storage.database import ADVISORY_LOCK, Database
from tests.harness.database_proxy import database_proxy
from tests.harness.postgres import Postgres
from tests.harness.process import free_port, process
from tests.harness.settings import PUBLIC_KEY, environment

TABLES = "the tables are missing or old: run textlogin migrate"
NO_ANSWER = "no server answers in time"


def failure(work: Callable[[], object]) -> BaseException:
    with pytest.raises((sqlite3.Error, psycopg.Error, SQLAlchemyError)) as raised:
        work()
    return raised.value


def query(url: str, statement: str = "SELECT 1", *, writes: bool = False) -> str:
    """What is said about the error of this statement."""
    database = Database(url)
    engine = database.writing if writes else database.reading

    def work() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)

    try:
        return describe(failure(work))
    finally:
        database.dispose()


# -- SQLite ----------------------------------------------------------------------------------------


def test_a_missing_file(tmp_path: Path) -> None:
    assert query(f"sqlite:///{tmp_path}/missing.db") == "the file is missing"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear reader, this is not a database. " * 100)
    assert query(f"sqlite:///{tmp_path}/letter.db") == "the file is no SQLite database"


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    assert query(f"sqlite:///{tmp_path}") == "the file cannot be opened"


def test_a_locked_file(sqlite_url: str) -> None:
    path = Database(sqlite_url).path
    assert path is not None
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert query(sqlite_url, writes=True) == "another program holds the file's lock"


def test_a_file_that_may_only_be_read(sqlite_url: str) -> None:
    found = query(sqlite_url, "INSERT INTO endpoints VALUES ('secret', 1)")
    assert found == "the file is read-only"


def test_a_full_disk(sqlite_url: str) -> None:
    path = Database(sqlite_url).path
    assert path is not None
    with closing(sqlite3.connect(path)) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")  # as a full disk would
        write = "INSERT INTO endpoints VALUES (hex(randomblob(100000)), 1)"
        assert describe(failure(lambda: connection.execute(write))) == "the disk is full"


def test_a_damaged_file(sqlite_url: str) -> None:
    path = Database(sqlite_url).path
    assert path is not None
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    assert query(sqlite_url, "SELECT * FROM phones") == "the file is damaged"


def test_missing_tables_or_columns(empty_url: str) -> None:
    assert query(empty_url, "SELECT * FROM phones") == TABLES


def test_missing_columns(database_url: str) -> None:
    assert query(database_url, "SELECT later FROM phones") == TABLES


def test_a_row_that_breaks_a_rule(database_url: str) -> None:
    found = query(database_url, "INSERT INTO endpoints VALUES (NULL, 1)", writes=True)
    assert found == "a row breaks a rule of the tables"


# -- PostgreSQL ------------------------------------------------------------------------------------


def test_no_server_at_all(tmp_path: Path) -> None:
    assert query(f"postgresql:///db?host={tmp_path}") == "no server listens on the socket"
    refused = "the server refused the connection"
    assert query(f"postgresql://127.0.0.1:{free_port()}/db") == refused
    two = f"postgresql://127.0.0.1:{free_port()},127.0.0.1:{free_port()}/db"
    assert query(two) == refused


def test_a_server_that_does_not_answer(postgresql_url: str) -> None:
    with database_proxy(postgresql_url) as proxy:
        proxy.forwarding.clear()
        assert query(proxy.url) == NO_ANSWER


def test_a_connection_that_is_lost(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.reading.connect() as connection, suppress(Exception):
        database.cut_connections()
        lost = failure(lambda: connection.exec_driver_sql("SELECT 1"))
    assert describe(lost) == "the connection was lost"
    database.dispose()


def test_a_server_that_ends_the_connection(postgresql_url: str) -> None:
    end = "SELECT pg_terminate_backend(pg_backend_pid())"
    assert query(postgresql_url, end) == "the server shut down"


def test_an_unknown_user_or_database(postgres: Postgres) -> None:
    url = postgres.url("secret")
    assert query(url) == "there is no such database"
    assert query(url.replace("postgres@", "secret@")) == "the password or user is refused"


def test_a_replica(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url) as connection:
        connection.execute("SET default_transaction_read_only = on")
        connection.commit()
        write = "INSERT INTO endpoints VALUES ('secret', 1)"
        cause = failure(lambda: connection.execute(write))
    assert describe(cause) == "the server allows only a read-only transaction (a replica?)"
    option = "&target_session_attrs=standby"
    assert query(postgresql_url + option) == "the server is no replica"


def test_a_lock_and_a_statement_that_take_too_long(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url) as connection:
        connection.execute(f"SELECT pg_advisory_lock({ADVISORY_LOCK})")
        held = query(postgresql_url, writes=True)
        assert held == "another process held the writers' lock for too long"
    assert query(postgresql_url, "SELECT pg_sleep(9)") == "a statement took too long"


def test_too_many_connections(postgres: Postgres, postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0'.encode())
        connection.execute("CREATE ROLE someone LOGIN")
        try:
            url = postgresql_url.replace("postgres@", "someone@")
            assert query(url) == "the server has too many connections"
        finally:
            connection.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1'.encode())
            connection.execute("DROP ROLE someone")


def test_an_option_with_an_invalid_value(postgresql_url: str) -> None:
    found = query(f"{postgresql_url}&sslmode=secret")
    assert found == "DATABASE_URL has an option with an invalid value"


def test_servers_that_fail_differently_are_all_described(postgres: Postgres) -> None:
    folder = postgres.url("x").partition("host=")[2]
    url = f"postgresql://postgres@/postgres?host={folder},127.0.0.1&port=5432,{free_port()}"
    assert query(url + "&target_session_attrs=standby") == (
        "the server is no replica; the server refused the connection"
    )


# -- messages that are hard to provoke ------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (errors.DiskFull("secret"), "the disk is full"),
        (errors.CannotConnectNow("secret"), "the server is starting up"),
        (errors.AdminShutdown("secret"), "the server shut down"),
        (
            psycopg.OperationalError("FATAL:  the database system is starting up"),
            "the server is starting up",
        ),
        (
            psycopg.OperationalError("FATAL:  the database system is shutting down"),
            "the server is shutting down",
        ),
        (
            psycopg.OperationalError('FATAL:  password authentication failed for user "secret"'),
            "password authentication failed: the password or user is refused",
        ),
        (
            psycopg.OperationalError("failed to resolve host 'secret': [Errno -2]"),
            "the server's name is not known",
        ),
        (errors.ConnectionTimeout("secret"), NO_ANSWER),
        (TimeoutError(), NO_ANSWER),
        (PoolTimeout("secret"), "all connections are in use"),
        (ConnectionResetError("Connection reset by peer"), "the connection was lost"),
        (OperationalError("secret", None, errors.DiskFull("secret")), "the disk is full"),
        (psycopg.OperationalError("secret"), "OperationalError"),
        (sqlite3.ProgrammingError("secret"), "ProgrammingError"),
        (RuntimeError("secret"), "RuntimeError"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "cause",
)
def test_an_error_is_described_by_its_state_or_its_words(error: Exception, cause: str) -> None:
    assert describe(error) == cause


# -- where it is shown -----------------------------------------------------------------------------


def test_migrate_says_why_it_cannot(postgres: Postgres, tmp_path: Path) -> None:
    variables = environment(postgres.url("secret"), PUBLIC_KEY)
    with process("webhooks", "migrate", folder=tmp_path, environment=variables) as child:
        assert child.ends() == 1
    assert child.output == (
        "Cannot migrate the database: there is no such database. Check DATABASE_URL."
    )
