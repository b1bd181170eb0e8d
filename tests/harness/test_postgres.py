"""The PostgreSQL of the tests: over TCP, and with a replica that takes over."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.harness.postgres import Postgres


@pytest.fixture
def primary() -> Iterator[Postgres]:
    server = Postgres(tcp=True)
    yield server
    server.remove()


@pytest.fixture
def replica(primary: Postgres) -> Iterator[Postgres]:
    server = primary.replica()
    yield server
    server.remove()


def test_a_promoted_replica_has_every_commit_and_accepts_writes(
    primary: Postgres, replica: Postgres
) -> None:
    with psycopg.connect(primary.tcp_url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (number INTEGER)")
        connection.execute("INSERT INTO kept VALUES (1)")
    with (
        psycopg.connect(replica.tcp_url("postgres")) as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.execute("INSERT INTO kept VALUES (2)")
    primary.kill()
    replica.promote()
    with psycopg.connect(replica.tcp_url("postgres"), autocommit=True) as connection:
        connection.execute("INSERT INTO kept VALUES (3)")
        assert connection.execute("SELECT * FROM kept").fetchall() == [(1,), (3,)]
