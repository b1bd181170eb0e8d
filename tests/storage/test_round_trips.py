"""Round trips to PostgreSQL: to a server that is 100 ms away, each one counts."""

import psycopg
import pytest

from storage.database import Database
from tests.harness.database_proxy import database_proxy

#: What it takes to open a connection with nothing but the driver, on a Unix socket.
OPEN = 1


def test_the_driver_opens_a_connection_in_one_trip(postgresql_url: str) -> None:
    with database_proxy(postgresql_url) as proxy, psycopg.connect(proxy.url):
        assert proxy.trips == OPEN


@pytest.mark.parametrize(
    ("purpose", "trips"),
    [
        ("writing", 3),  # BEGIN with the lock, the query, COMMIT
        ("reading", 1),
    ],
)
def test_a_first_query_needs_no_trip_for_sqlalchemy(
    postgresql_url: str, purpose: str, trips: int
) -> None:
    with database_proxy(postgresql_url) as proxy:
        database = Database(proxy.url)
        with getattr(database, purpose).begin() as connection:
            connection.exec_driver_sql("SELECT 1")
        assert proxy.trips <= OPEN + trips
        database.dispose()
