"""The listener: what it reports, and when its connection breaks."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

import psycopg
import pytest

from bot.policy import SEND_LEASE_MS
from storage.database import Database
from storage.listen import Listener
from tests.harness.database_proxy import database_proxy
from tests.harness.eventually import eventually, until
from tests.storage.test_presence import lease_message

GONE = "00000000deadbeef"
ONE, OTHER = "1" * 16, "f" * 16
#: On a quiet machine a server that does not answer takes 2.5 s.
PATIENCE_S = 15.0
LEASE_S = SEND_LEASE_MS / 1000


@pytest.fixture
def logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> pytest.LogCaptureFixture:
    """The listener's log, wherever an application in this process has sent it."""
    logger = logging.getLogger("textlogin.listen")
    caplog.set_level(logging.INFO, logger.name)
    monkeypatch.setattr(logger, "handlers", [caplog.handler])
    monkeypatch.setattr(logger, "propagate", False)
    return caplog


class RunningListener:
    """A listener, and what it has reported."""

    def __init__(self, url: str, owner: str) -> None:
        self.database = Database(url)
        self.changed: list[str] = []
        self.lost: list[str] = []
        self.connections = 0
        self.connected = False
        self._listener = Listener(
            self.database,
            lambda origin_id: origin_id == owner,
            owner=owner,
            on_changed=self.changed.extend,
            on_connected=self._on_connected,
            on_disconnected=self._on_disconnected,
            on_holders_lost=self._on_holders_lost,
        )
        self._task = asyncio.create_task(self._listener.run())

    async def stop(self) -> None:
        while not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=0.2)
        with suppress(asyncio.CancelledError):
            await self._task

    def _on_connected(self) -> None:
        self.connected = True
        self.connections += 1

    def _on_disconnected(self) -> None:
        self.connected = False

    def _on_holders_lost(self, holders: Sequence[str]) -> None:
        self.lost.extend(holders)


@asynccontextmanager
async def listening(url: str, owner: str = ONE) -> AsyncIterator[RunningListener]:
    """A listener that is connected."""
    listener = RunningListener(url, owner)
    try:
        await until(lambda: listener.connected)
        yield listener
    finally:
        await listener.stop()


async def execute(url: str, *statements: bytes) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for statement in statements:
            await connection.execute(statement)


async def has_asked_for_holders(url: str) -> bool:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        asked = await connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'textlogin listen' AND query LIKE '%lease_owner%'"
        )
        return await asked.fetchone() is not None


async def test_a_process_that_stops_is_lost_and_one_that_runs_is_not(postgresql_url: str) -> None:
    async with listening(postgresql_url, ONE) as one:
        async with listening(postgresql_url, OTHER):
            with psycopg.connect(postgresql_url, autocommit=True) as connection:
                for owner in (ONE, OTHER, GONE):
                    lease_message(connection, owner)
            await until(lambda: GONE in one.lost)
            assert set(one.lost) == {GONE}
        began = time.monotonic()
        await until(lambda: OTHER in one.lost)
        assert time.monotonic() - began < LEASE_S
        assert set(one.lost) == {GONE, OTHER}
        await execute(postgresql_url, b"UPDATE messages SET lease_owner = NULL")


async def test_changes_of_others_arrive_between_and_during_queries(postgresql_url: str) -> None:
    async with listening(postgresql_url) as listener:
        expected = [f"ver_{number}" for number in range(100)]
        for id in expected:
            own, other = (
                f"NOTIFY textlogin, '{origin} {id}'".encode() for origin in (ONE, "other")
            )
            await execute(postgresql_url, own, other)
        await until(lambda: len(listener.changed) >= len(expected))
        assert listener.changed == expected


async def test_a_database_without_tables_does_not_disconnect(postgresql_url: str) -> None:
    await execute(postgresql_url, b"ALTER TABLE messages RENAME TO away")
    try:
        async with listening(postgresql_url) as listener:
            await eventually(partial(has_asked_for_holders, postgresql_url))
            await execute(postgresql_url, b"NOTIFY textlogin, 'other ver_1'")
            await until(lambda: listener.changed == ["ver_1"])
            assert listener.connections == 1
    finally:
        await execute(postgresql_url, b"ALTER TABLE away RENAME TO messages")


async def test_a_server_that_does_not_answer_is_noticed(
    postgresql_url: str, logged: pytest.LogCaptureFixture
) -> None:
    with database_proxy(postgresql_url) as proxy:
        async with listening(proxy.url) as listener:
            proxy.forwarding.clear()
            began = time.monotonic()
            await until(lambda: not listener.connected)
            assert time.monotonic() - began < PATIENCE_S
            await asyncio.sleep(1)  # several attempts are one line
            proxy.forwarding.set()
            await until(lambda: listener.connected)
    messages = [record.getMessage() for record in logged.records]
    lost, back = messages
    assert lost == "Cannot listen for changes by other processes: no server answers in time"
    assert back.startswith("Listens for changes again, after ")


async def test_a_connection_that_is_ended_is_opened_again_at_once(
    postgresql_url: str, logged: pytest.LogCaptureFixture
) -> None:
    async with listening(postgresql_url) as listener:
        await execute(
            postgresql_url,
            b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            b"WHERE datname = current_database() AND application_name = 'textlogin listen'",
        )
        began = time.monotonic()
        await until(lambda: listener.connections == 2)
        assert time.monotonic() - began < PATIENCE_S
    lost, back = [record.getMessage() for record in logged.records]
    assert re.search("processes: (the connection was lost|the server shut down)$", lost)
    assert back.startswith("Listens for changes again, after ")
