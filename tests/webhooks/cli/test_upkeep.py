"""`textlogin purge`, `forget`: they work on the database of the settings, and say what they did."""

import asyncio
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.records import TABLES, WebhookEvent
from storage.database import Database
from storage.statements import Statements
from tests.harness.running_service import running_service
from tests.harness.settings import environment
from tests.harness.telnyx_events import text_event
from tests.harness.web_app import expect
from webhooks.cli.main import app

KEY = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="


def run(url: str, *arguments: str, **changes: str) -> Result:
    """The command on this database."""
    return CliRunner().invoke(app, arguments, env=environment(url, KEY, **changes))


def write(url: str, *records: Any) -> None:
    """Records as the service would have written them."""
    database = Database(url)
    statements = Statements(sqlite=database.is_sqlite)
    tables = {WebhookEvent: statements.events}
    with database.writing.begin() as connection:
        for record in records:
            tables[type(record)].write([record]).run(connection)
    database.dispose()


def test_purge_deletes_what_is_old_and_says_how_much(database_url: str) -> None:
    write(
        database_url, *(WebhookEvent(f"e{n}", "other", None, None, None, None, n) for n in (1, 2))
    )

    first, second = run(database_url, "purge"), run(database_url, "purge")

    assert (first.exit_code, first.stdout) == (0, "Deleted: 2 events.\n")
    assert (second.exit_code, second.stdout) == (0, "Deleted: nothing.\n")


PHONE = "+14155550123"


def stored(url: str) -> str:
    """Everything that the database holds, as text."""
    database = Database(url)
    with database.reading.connect() as connection:
        rows = [
            str(tuple(row))
            for table in TABLES
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}")
        ]
    database.dispose()
    return "\n".join(rows)


async def forgets(url: str, phone: str = PHONE) -> Result:
    """The command, while a service runs in this process."""
    return await asyncio.to_thread(run, url, "forget", phone)


async def test_a_forgotten_phone_leaves_no_trace(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone, shop = service.phone(PHONE), service.web_app()
        opened = await shop.open(reference="cart-42")
        await phone.text(opened["login"]["text"])
        await phone.text(await phone.code())
        await phone.reads()
        expect(
            await shop.ask("POST", f"/{opened['id']}/redeem", headers={"Idempotency-Key": "key-1"}),
            200,
        )
        await shop.create(method="sms", phone_number=PHONE)
        await phone.reads()
        await service.idle()
        before = stored(database_url)
        result = await forgets(database_url, "(415) 555-0123")
        after = stored(database_url)

    assert (result.exit_code, "Deleted: 1 phones" in result.stdout) == (0, True), result.output
    for trace in (PHONE, opened["id"], "cart-42", "key-1"):
        assert trace in before
        assert trace not in after
    assert "hash" not in result.stdout


@pytest.mark.parametrize("words", ["stop texting me", "STOP"])
async def test_the_opt_out_of_a_forgotten_phone_still_holds(database_url: str, words: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        await service.post(text_event(words, PHONE))
        await service.idle()
    result = await forgets(database_url)
    assert "as a hash" in result.stdout, result.output
    assert PHONE not in stored(database_url)
    assert "'opt_out_key'" in stored(database_url)

    async with running_service(database_url, own_webhooks=True) as service:
        shop = service.web_app()
        refused = await shop.create(method="sms", phone_number=PHONE)
        assert (refused["status"], refused["reason"]) == ("failed", "opted_out")
        await service.post(text_event("HELP", PHONE))  # it has rows again
        again = await shop.create(method="sms", phone_number=PHONE)
        assert again["reason"] == "opted_out"
        await service.post(text_event("START", PHONE))
        sent = await shop.create(method="sms", phone_number=PHONE)
        assert sent["status"] == "pending"


async def test_a_running_service_recognises_a_forgotten_phone(database_url: str) -> None:
    async with running_service(database_url, own_webhooks=True) as service:
        await service.post(text_event("stop texting me", PHONE))
        await service.idle()
        await forgets(database_url)
        await service.parts.load_clients()
        refused = await service.web_app().create(method="sms", phone_number=PHONE)
        assert (refused["status"], refused["reason"]) == ("failed", "opted_out")


def test_what_is_no_phone_number_cannot_be_forgotten(sqlite_url: str) -> None:
    result = run(sqlite_url, "forget", "12")

    assert result.exit_code == 2


def test_without_tables_purge_says_what_to_do(empty_url: str) -> None:
    result = run(empty_url, "purge")

    assert result.exit_code == 1
    assert "textlogin migrate" in result.stderr
    assert "Traceback" not in result.output
