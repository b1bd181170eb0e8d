"""`textlogin purge`, `forget`: they work on the database of the settings, and say what they did."""

from typing import Any

from typer.testing import CliRunner, Result

from bot.records import WebhookEvent
from storage.database import Database
from storage.statements import Statements
from tests.harness.settings import environment
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


def test_without_tables_purge_says_what_to_do(empty_url: str) -> None:
    result = run(empty_url, "purge")

    assert result.exit_code == 1
    assert "textlogin migrate" in result.stderr
    assert "Traceback" not in result.output
