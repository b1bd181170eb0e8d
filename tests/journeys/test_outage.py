"""The database is lost and comes back: what the service answers, and what is kept."""

import asyncio
import sqlite3
import time
from contextlib import AbstractAsyncContextManager, closing

import pytest

from storage.database import Database, DatabaseInUse
from storage.migrate import migrate
from tests.harness.database_proxy import database_proxy
from tests.harness.eventually import eventually
from tests.harness.postgres import Postgres
from tests.harness.running_service import RunningService, running_service
from tests.harness.telnyx_events import text_event
from tests.harness.web_app import WebApp, expect
from webhooks.http.limits import ANSWER_TIMEOUT_S
from webhooks.ops.preload import State


def impatient_service(database_url: str) -> AbstractAsyncContextManager[RunningService]:
    """A service that answers 503 as early as in production."""
    return running_service(database_url, own_webhooks=True, answer_timeout_s=ANSWER_TIMEOUT_S)


async def is_ready(service: RunningService) -> bool:
    return (await service.http.get("/readyz")).status_code == 200


async def refuses_writes(service: RunningService) -> bool:
    response = await service.http.get("/readyz")
    if response.status_code == 200:
        return False
    assert response.json()["checks"]["database"] == "refuses writes"
    return True


async def is_unreadable(shop: WebApp, verification_id: str) -> bool:
    response = await shop.ask("GET", f"/{verification_id}")
    return response.status_code == 503


async def test_a_running_service_is_healthy_and_ready(database_url: str) -> None:
    async with running_service(database_url) as service:
        await eventually(lambda: is_ready(service))
        ready = await service.http.get("/readyz")
        assert expect(ready, 200) == {
            "status": "ok",
            "checks": {"settings": "ok", "startup": "ok", "database": "ok", "migrations": "ok"},
        }
        assert ready.headers["cache-control"] == "no-store"
        assert expect(await service.http.get("/healthz"), 200) == {"status": "ok"}


@pytest.mark.parametrize("state", ["loading", "failed"])
async def test_a_service_that_has_not_loaded_everything_is_not_ready(
    sqlite_url: str, state: State
) -> None:
    async with running_service(sqlite_url) as service:
        await eventually(lambda: is_ready(service))
        service.parts.preload.state = state
        refused = expect(await service.http.get("/readyz"), 503)
        assert refused["checks"] == {
            "settings": "ok",
            "startup": state,
            "database": "ok",
            "migrations": "ok",
        }
        assert refused["detail"] == "Not ready: startup."
        assert expect(await service.http.get("/healthz"), 200) == {"status": "ok"}


async def test_without_its_server_the_service_answers_503_and_recovers(
    killable_postgres: Postgres, killable_url: str
) -> None:
    async with impatient_service(killable_url) as service:
        phone, shop = service.phone(), service.web_app()
        opened = await shop.open()
        body = text_event("LOGIN")
        killable_postgres.kill()
        try:
            async with asyncio.timeout(2):
                refused = await service.post(body)
            assert refused.status_code == 503
            assert refused.headers["retry-after"] == "2"
            assert refused.json()["type"] == "urn:textlogin:problem:unavailable"
            # Until LISTEN is disconnected, a read is answered with the last committed state.
            await eventually(lambda: is_unreadable(shop, opened["id"]))
            for response in (
                await shop.ask("GET", f"/{opened['id']}"),
                await shop.ask("POST", json={"method": "text"}),
                await shop.check(opened["id"], "123456"),
                await shop.redeem(opened["id"]),
            ):
                assert response.status_code == 503
                assert response.headers["retry-after"] == "2"
            ready = expect(await service.http.get("/readyz"), 503)
            assert ready["checks"]["database"] == "unavailable"
            assert "tl-" not in str(ready)
            assert expect(await service.http.get("/healthz"), 200) == {"status": "ok"}
        finally:
            killable_postgres.start()

        await eventually(lambda: is_ready(service))

        async def is_taken() -> bool:
            return (await service.post(body)).status_code == 200

        await eventually(is_taken)
        code = await phone.code()
        await service.post(text_event(code))
        assert "verified" in await phone.reads()
        assert (await shop.show(opened["id"]))["status"] == "pending"


async def test_with_a_silent_server_the_service_answers_503_in_time_and_recovers(
    postgresql_url: str,
) -> None:
    with database_proxy(postgresql_url) as proxy:
        async with impatient_service(proxy.url) as service:
            phone, shop, body = service.phone(), service.web_app(), text_event("LOGIN")
            opened = await shop.open()
            await shop.show(opened["id"])
            proxy.forwarding.clear()
            try:
                async with asyncio.timeout(2):
                    assert (await service.post(body)).status_code == 503
                    assert (await service.http.get("/healthz")).status_code == 200
                async with asyncio.timeout(4):
                    assert (await service.http.get("/readyz")).status_code == 503
                    never_read = f"/ver_{'0' * 47}"
                    assert (await shop.ask("GET", never_read)).status_code == 503
            finally:
                proxy.forwarding.set()

            await eventually(lambda: is_ready(service))

            async def is_taken() -> bool:
                return (await service.post(body)).status_code == 200

            await eventually(is_taken)
            await phone.code()
            assert await phone.unread() == []
            assert (await shop.show(opened["id"]))["status"] == "pending"


async def test_with_a_locked_file_webhooks_get_503_within_two_seconds(
    sqlite_url: str,
) -> None:
    async with impatient_service(sqlite_url) as service:
        phone, body = service.phone(), text_event("LOGIN")
        path = service.database.path
        assert path is not None
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            assert (await service.post(body)).status_code == 503
            assert time.monotonic() - began < 2
            await eventually(lambda: refuses_writes(service))
            other.execute("ROLLBACK")
        await eventually(lambda: is_ready(service))

        async def is_taken() -> bool:
            return (await service.post(body)).status_code == 200

        await eventually(is_taken)
        await phone.code()
        assert await phone.unread() == []


async def test_readyz_names_missing_tables(empty_url: str) -> None:
    async with running_service(empty_url, own_webhooks=True) as service:
        behind = expect(await service.http.get("/readyz"), 503)
        assert behind["checks"]["database"] == "ok"
        assert behind["checks"]["migrations"] == "behind: run textlogin migrate"
        assert (await service.post(text_event("LOGIN"))).status_code == 503


async def test_a_newer_database_is_served(empty_url: str) -> None:
    database = Database(empty_url)
    migrate(database)
    with database.writing.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        connection.exec_driver_sql("ALTER TABLE phones ADD COLUMN of_the_future TEXT")
    database.dispose()
    async with running_service(empty_url) as service:
        await eventually(lambda: is_ready(service))
        phone = service.phone()
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        assert "verified" in await phone.reads()


async def test_a_sqlite_file_is_served_by_one_process_at_a_time(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        with pytest.raises(DatabaseInUse, match="SQLite serves one process"):
            async with running_service(sqlite_url):
                pass
        await eventually(lambda: is_ready(service))
    async with running_service(sqlite_url) as service:
        await eventually(lambda: is_ready(service))


async def test_a_restarted_service_continues_the_conversation(database_url: str) -> None:
    async with running_service(database_url) as service:
        await service.phone().text("LOGIN")
        code = await service.phone().code()
        await service.idle()
    async with running_service(database_url) as service:
        phone = service.phone()
        await phone.text(code)
        assert "verified" in await phone.reads()


async def test_a_change_whose_commit_was_not_confirmed_is_seen(postgresql_url: str) -> None:
    with database_proxy(postgresql_url) as proxy:
        async with running_service(proxy.url) as service:
            shop = service.web_app()

            async def is_lost() -> str | None:
                """A cancel whose COMMIT is not confirmed, unless a sweep's COMMIT came first."""
                opened = await shop.open()
                proxy.at_commit = lambda: True
                response = await shop.cancel(opened["id"])
                return str(opened["id"]) if response.status_code == 503 else None

            lost = await eventually(is_lost)

            async def is_seen() -> bool:
                response = await shop.ask("GET", f"/{lost}")
                return response.status_code == 200 and response.json()["status"] == "canceled"

            await eventually(is_seen)
