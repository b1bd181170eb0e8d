"""Round trips to PostgreSQL: to a server that is 100 ms away, each one counts."""

import psycopg
import pytest

from bot.commands import (
    Access,
    CallbacksSwept,
    CodeChecked,
    DeliveryReported,
    OutboxSwept,
    VerificationRequested,
)
from bot.intents import Code, Login, No, Stop
from bot.outcomes import Found
from storage.database import Database
from tests.harness.database_proxy import database_proxy
from tests.harness.running_writer import phones, running_writer, text
from tests.harness.settings import NUMBER

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


async def test_a_batch_takes_at_most_three_trips(postgresql_url: str) -> None:
    with database_proxy(postgresql_url) as proxy:
        async with running_writer(proxy.url) as writer:
            await writer.submit(text(phones(1)[0]))  # connects
            wanted = VerificationRequested("shop", "text", NUMBER, ("BCDFGH",))
            opened = await writer.submit(wanted)
            assert isinstance(opened, Found)
            id = opened.verification.id
            for command in (
                text(intent=Login("BCDFGH")),
                text(intent=Code("123456")),
                CodeChecked(id, Access("shop"), "123456"),
                DeliveryReported("event", "unknown", "delivered"),
                text(intent=No()),
                text(intent=Stop()),
                OutboxSwept(10),
                CallbacksSwept("owner", 10),
            ):
                before = proxy.trips
                assert not isinstance(await writer.submit(command), Exception)
                assert proxy.trips - before <= 3, command
