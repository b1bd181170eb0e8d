"""`textlogin purge`, `forget`, `secrets reseal`, `backup`, `migrate`: what they do and say."""

import asyncio
import shlex
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner, Result

from bot.records import TABLES, WebhookEvent
from storage.database import Database
from storage.migrate import head
from storage.sqlite import files_of, loose_files
from storage.statements import Statements
from tests.harness.process import free_port, process
from tests.harness.running_service import running_service
from tests.harness.settings import PUBLIC_KEY, environment
from tests.harness.telnyx_events import text_event
from tests.harness.web_app import expect
from webhooks.cli.main import app


def run(url: str, *arguments: str, **changes: str) -> Result:
    """The command on this database."""
    return CliRunner().invoke(app, arguments, env=environment(url, PUBLIC_KEY, **changes))


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


def test_a_command_that_cannot_write_says_why(postgresql_url: str) -> None:
    write(postgresql_url, WebhookEvent("e1", "other", None, None, None, None, 1))
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        change = "ALTER DATABASE {} {} default_transaction_read_only"
        connection.execute(sql.SQL(change + " = on").format(name, sql.SQL("SET")))
        try:
            result = run(postgresql_url, "purge")
        finally:
            connection.execute(sql.SQL(change).format(name, sql.SQL("RESET")))

    assert result.exit_code == 1
    assert "the server allows only a read-only transaction" in result.stderr
    assert "UPDATE" not in result.stderr + result.stdout


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
        await service.parts.look_for_opt_outs()
        refused = await service.web_app().create(method="sms", phone_number=PHONE)
        assert (refused["status"], refused["reason"]) == ("failed", "opted_out")


def test_what_is_no_phone_number_cannot_be_forgotten(sqlite_url: str) -> None:
    result = run(sqlite_url, "forget", "12")

    assert result.exit_code == 2


def test_reseal_moves_secrets_to_the_newest_key_and_says_which(database_url: str) -> None:
    old, new = "o" * 32, "n" * 32
    both = f"{new},{old}"
    assert run(database_url, "clients", "add", "store", SECRET_KEY=old).exit_code == 0
    secret = run(database_url, "clients", "rotate", "store", "--secret", SECRET_KEY=old)
    assert secret.exit_code == 0
    assert run(database_url, "forget", PHONE, SECRET_KEY=old).exit_code == 0

    first = run(database_url, "secrets", "reseal", SECRET_KEY=both)
    assert first.exit_code == 0, first.output
    for name in ("callback secret of store", "previous callback secret of store", "own key"):
        assert name in first.stdout
    again = run(database_url, "secrets", "reseal", SECRET_KEY=new)
    assert (again.exit_code, "nothing to do" in again.stdout) == (0, True)
    assert run(database_url, "forget", PHONE, SECRET_KEY=new).exit_code == 0
    lost = run(database_url, "secrets", "reseal", SECRET_KEY="x" * 32)
    assert lost.exit_code == 1
    assert "the callback secret of store" in lost.stderr
    assert run(database_url, "secrets", "reseal", SECRET_KEY=new).exit_code == 0


async def test_a_backup_of_a_running_service_is_whole_and_private(
    sqlite_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.db"
    async with running_service(sqlite_url) as service:
        await service.phone(PHONE).text("LOGIN")
        result = await asyncio.to_thread(run, sqlite_url, "backup", str(file))
        assert result.exit_code == 0, result.output
    assert loose_files(file) == []
    assert {one.name for one in files_of(file) if one.exists()} == {"backup.db"}
    assert PHONE in stored(f"sqlite:///{file}")


def test_a_backup_replaces_no_file(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "backup.db").write_text("precious")

    result = run(sqlite_url, "backup", str(tmp_path / "backup.db"))

    assert (result.exit_code, "exists" in result.stderr) == (1, True)
    assert (tmp_path / "backup.db").read_text() == "precious"


def test_a_file_that_is_no_database_leaves_no_backup(tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_bytes(b"no database" * 1000)

    result = run(f"sqlite:///{tmp_path}/bad.db", "backup", str(tmp_path / "backup.db"))

    assert (result.exit_code, "No backup" in result.stderr) == (1, True)
    assert not (tmp_path / "backup.db").exists()


def test_for_postgresql_backup_prints_a_command_without_the_password() -> None:
    result = run("postgresql://me:hushhush@db.example:6543/login", "backup", "x y.dump")

    assert result.exit_code == 0
    assert "hushhush" not in result.output
    words = shlex.split(result.stdout)
    assert words[:3] == ["pg_dump", "--format=custom", "--file=x y.dump"]
    assert "host=db.example" in words[3]
    assert "port=6543" in words[3]


def test_serve_without_tables_says_once_what_to_run(empty_url: str, tmp_path: Path) -> None:
    given = environment(empty_url, PUBLIC_KEY)
    workers = "1" if empty_url.startswith("sqlite") else "3"
    arguments = ("webhooks", "serve", "--port", str(free_port()), "--workers", workers)
    with process(*arguments, folder=tmp_path, environment=given) as child:
        assert child.ends() == 78
    assert child.output.count("textlogin migrate") == 1
    assert len(child.lines) == 1


def test_serve_may_migrate_first(empty_url: str, tmp_path: Path) -> None:
    given = environment(empty_url, PUBLIC_KEY)
    arguments = ("webhooks", "serve", "--port", str(free_port()), "--migrate")
    with process(*arguments, folder=tmp_path, environment=given) as child:
        child.prints("was empty")
        child.prints("Textlogin serves on")


def test_of_a_database_from_the_future_migrate_says_what_that_means(database_url: str) -> None:
    database = Database(database_url)
    with database.writing.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    result = run(database_url, "migrate")

    with database.writing.begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{head()}'")
    database.dispose()
    assert result.exit_code == 0
    assert "9999" in result.stderr
    assert "install the newer version" in result.stderr


def test_without_tables_purge_says_what_to_do(empty_url: str) -> None:
    result = run(empty_url, "purge")

    assert result.exit_code == 1
    assert "textlogin migrate" in result.stderr
    assert "Traceback" not in result.output
