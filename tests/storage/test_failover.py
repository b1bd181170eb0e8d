"""Several PostgreSQL servers: the service follows a promoted replica."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from uuid import uuid4

import pytest

from storage.database import Database
from storage.migrate import head, migrate
from storage.postgresql import Servers
from tests.harness.eventually import eventually, until
from tests.harness.postgres import Postgres
from tests.harness.running_service import RunningService, running_service
from tests.harness.web_app import expect
from webhooks.http.limits import ANSWER_TIMEOUT_S

#: On a quiet machine it takes less than 2 s.
RECOVERY_S = 15.0


@contextmanager
def two_servers() -> Iterator[tuple[Postgres, Postgres]]:
    """A primary and its replica."""
    with ExitStack() as stack:
        primary = Postgres(tcp=True)
        stack.callback(primary.remove)
        replica = primary.replica()
        stack.callback(replica.remove)
        yield primary, replica


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Postgres, Postgres]]:
    """Two servers for all tests. Leave them running, and as they are."""
    with two_servers() as both:
        yield both


@pytest.fixture
def primary(servers: tuple[Postgres, Postgres]) -> Postgres:
    return servers[0]


@pytest.fixture
def replica(servers: tuple[Postgres, Postgres]) -> Postgres:
    return servers[1]


def urls(one: Postgres, other: Postgres, database: str) -> list[str]:
    """Both forms of a URL with two hosts."""
    first, second = (f"127.0.0.1:{server.port}" for server in (one, other))
    return [
        f"postgresql://postgres@{first},{second}/{database}?target_session_attrs=read-write",
        f"postgresql://postgres@/{database}?host={first}&host={second}",
    ]


def migrated(primary: Postgres) -> str:
    """The name of a new database with tables."""
    name = f"t{uuid4().hex}"
    database = Database(primary.create(name))
    migrate(database)
    database.dispose()
    return name


async def works(service: RunningService) -> bool:
    """Whether the service writes, reads and listens."""
    shop = service.web_app()
    opened = await shop.ask("POST", json={"method": "text"})
    if opened.status_code != 201 or service.live.disconnected:
        return False
    service.live.clear()
    read = await shop.ask("GET", f"/{opened.json()['id']}")
    return read.status_code == 200


@pytest.fixture
def own_servers() -> Iterator[tuple[Postgres, Postgres]]:
    """Two servers for one test, which may kill them."""
    with two_servers() as both:
        yield both


async def test_writer_readers_and_listener_follow_a_promoted_replica(
    own_servers: tuple[Postgres, Postgres],
) -> None:
    primary, replica = own_servers
    first, second = urls(primary, replica, migrated(primary))
    async with (
        running_service(first, answer_timeout_s=ANSWER_TIMEOUT_S) as one,
        running_service(second, clock=one.clock, answer_timeout_s=ANSWER_TIMEOUT_S) as other,
    ):
        for service in (one, other):
            await eventually(partial(works, service))
        opened = await one.web_app().open()
        primary.kill()
        await until(lambda: one.live.disconnected and other.live.disconnected)
        assert not await works(one)
        replica.promote()
        began = time.monotonic()
        await asyncio.gather(*(eventually(partial(works, service)) for service in (one, other)))
        assert time.monotonic() - began < RECOVERY_S
        expect(await other.web_app().cancel(opened["id"]), 200)
        assert (await one.web_app().show(opened["id"]))["status"] == "canceled"


def test_the_primary_is_found_although_a_replica_comes_first(
    primary: Postgres, replica: Postgres
) -> None:
    name = f"t{uuid4().hex}"
    primary.create(name)
    for url in urls(replica, primary, name):
        database = Database(url)
        migrate(database)
        for engine in (database.writing, database.reading):
            with engine.begin() as connection:
                query = "SELECT pg_is_in_recovery(), version_num FROM alembic_version"
                assert connection.exec_driver_sql(query).one() == (False, head())
        database.dispose()


def test_a_silent_server_costs_its_timeout_once(primary: Postgres) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hosts = f"127.0.0.1:{silent.getsockname()[1]},127.0.0.1:{primary.port}"
        servers = Database(f"postgresql://postgres@{hosts}/postgres").servers
        assert servers is not None
        first, second = (seconds_to_connect(servers) for _ in range(2))
    assert first < 6
    assert second < 2  # its timeout


def seconds_to_connect(servers: Servers) -> float:
    began = time.monotonic()
    servers.connect([]).close()
    return time.monotonic() - began


def test_the_server_that_answered_last_is_tried_first(primary: Postgres, replica: Postgres) -> None:
    database = Database(urls(replica, primary, "postgres")[0])
    assert database.servers is not None
    assert database.servers.parameters("", [])["port"] == f"{replica.port},{primary.port}"
    database.servers.connect([]).close()
    assert database.servers.parameters("", [])["port"] == f"{primary.port},{replica.port}"
    database.dispose()
