"""What is older than the retention is deleted; the rest is not, and works as before."""

import asyncio
from collections import Counter
from typing import Any

from bot.commands import Command, RowsPurged
from bot.outcomes import Outcome
from bot.records import DAY_MS, WebhookEvent
from storage.database import Database
from storage.purge import PAGE, Purge, describe
from storage.queries import Reader
from storage.statements import Statements
from tests.harness.eventually import until
from tests.harness.phone import OTHER_PHONE, PHONE, Phone
from tests.harness.running_service import RunningService, running_service
from tests.harness.running_writer import running_writer
from tests.harness.web_app import expect

THIRD_PHONE, FOURTH_PHONE = "+14155550188", "+14155550144"

#: A web app's request that no sweep has ended yet: it would stay.
EXPIRED_UNSWEPT = "status = 'pending' AND client IS NOT NULL"


def count(service: RunningService, table: str, where: str = "1 = 1") -> int:
    with service.database.reading.connect() as connection:
        query = f"SELECT count(*) FROM {table} WHERE {where}"
        return int(connection.exec_driver_sql(query).scalar_one())


async def log_in(phone: Phone) -> None:
    await phone.text("LOGIN")
    await phone.text(await phone.code())
    await phone.reads()


def write(url: str, records: list[WebhookEvent]) -> None:
    database = Database(url)
    with database.writing.begin() as connection:
        Statements(sqlite=database.is_sqlite).events.write(records).run(connection)
    database.dispose()


async def test_what_is_old_goes_and_what_is_kept_still_works(database_url: str) -> None:
    async with running_service(database_url) as service:
        shop = service.web_app()
        phone = service.phone()
        await log_in(phone)
        await service.text(OTHER_PHONE, "stop texting me")
        wrong = service.phone(THIRD_PHONE)
        await wrong.text("LOGIN")
        await wrong.text(str((int(await wrong.code()) + 1) % 10**6).zfill(6))
        await shop.create(method="sms", phone_number=FOURTH_PHONE, requester={"ip": "203.0.113.9"})
        service.clock.advance(30 * DAY_MS + 3_600_000)
        await until(lambda: not count(service, "verifications", EXPIRED_UNSWEPT))
        await log_in(phone)
        open_now = await shop.open()

        await service.parts.purge.run()

        assert [one["phone_number"] for one in await shop.find(PHONE)] == [PHONE]
        assert (await shop.show(open_now["id"]))["status"] == "pending"
        assert count(service, "verifications") == 2
        assert count(service, "addresses") == 0
        with service.database.reading.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT phone, wrong_in_a_row FROM phones ORDER BY phone"
            )
            found = dict(tuple(row) for row in rows)
        assert found == {PHONE: 0, OTHER_PHONE: 0, THIRD_PHONE: 1}
        await service.text(OTHER_PHONE, "LOGIN")
        told = (await service.phone(OTHER_PHONE).unread())[-1]
        assert "START" in told


async def test_a_second_purge_finds_nothing(database_url: str) -> None:
    async with running_service(database_url) as service:
        await log_in(service.phone())
        service.clock.advance(31 * DAY_MS)

        assert describe(await service.parts.purge.run()) != "nothing"
        assert describe(await service.parts.purge.run()) == "nothing"


async def test_rows_are_deleted_in_small_batches(database_url: str) -> None:
    old = [
        WebhookEvent(f"event {number:04}", "other", None, None, None, None, number)
        for number in range(2 * PAGE + 1)
    ]
    young = WebhookEvent("event 9999", "other", None, None, None, None, 2**50)
    write(database_url, [*old, young])
    batches: list[Command] = []
    async with running_writer(database_url) as writer:

        def submit(command: Command) -> asyncio.Future[Outcome]:
            batches.append(command)
            return writer.submit(command)

        reader = Reader(writer.database, timeout_s=10)
        purge = Purge(reader, submit, writer.clock, days=30, pause_s=0)
        seen: list[Any] = []
        found = await purge.run(lambda table, over: seen.append((table, over)))

        assert found["events"] == len(old)
        assert [len(one.keys) for one in batches if isinstance(one, RowsPurged)] == [PAGE, PAGE, 1]
        assert ("events", 2 * PAGE) in seen
        assert writer.rows("SELECT event_id FROM events") == [("event 9999",)]
        reader.close()


async def test_it_is_purged_once_a_day(database_url: str) -> None:
    async with running_service(database_url) as service:
        parts, looks = service.parts, Counter[str]()

        class Looks(Reader):
            async def own_value(self, name: str) -> str | None:
                looks["looks"] += 1
                return await super().own_value(name)

            async def page(self, table: str, after: str | int, limit: int) -> list[Any]:
                looks[table] += 1
                return await super().page(table, after, limit)

        reader = Looks(service.database, timeout_s=10)
        purge = Purge(reader, parts.writer.submit, service.clock, days=30, pause_s=0)
        await log_in(service.phone())
        service.clock.advance(31 * DAY_MS)
        daily = asyncio.create_task(purge.daily(first_s=0, interval_s=0.01))
        await until(lambda: count(service, "verifications") == 0)
        seen = looks["looks"]
        await until(lambda: looks["looks"] > seen + 3)
        assert looks["phones"] == 1
        service.clock.advance(DAY_MS)
        await until(lambda: looks["phones"] == 2)
        daily.cancel()
        reader.close()


async def test_of_several_processes_one_purges(database_url: str) -> None:
    async with running_service(database_url) as service:
        parts = service.parts
        others = [
            Purge(parts.reader, parts.writer.submit, service.clock, days=30) for _ in range(4)
        ]

        assert sorted(await asyncio.gather(*(one.is_due() for one in others))) == [False] * 3 + [
            True
        ]
        assert not await others[0].is_due()
        service.clock.advance(DAY_MS)
        assert await others[0].is_due()


async def test_an_idempotency_key_of_a_day_ago_is_not_needed(database_url: str) -> None:
    async with running_service(database_url, retention_days=1) as service:
        shop = service.web_app()
        key = {"Idempotency-Key": "k"}
        body = {"method": "text"}
        first = expect(await shop.ask("POST", json=body, headers=key), 201)
        service.clock.advance(25 * 3_600_000)
        await service.parts.purge.run()
        second = expect(await shop.ask("POST", json=body, headers=key), 201)
        assert second["id"] != first["id"]
