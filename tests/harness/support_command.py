"""`textlogin show`, `stats`, `unlock` and `cancel` beside a running service, and histories."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from typer.testing import CliRunner

from storage.histories import Histories
from tests.harness.clients_command import CommandResult
from tests.harness.phone import PHONE
from tests.harness.running_service import RunningService
from tests.harness.settings import environment
from webhooks.cli.main import app
from webhooks.service import catalogue
from webhooks.support.history import History, history


async def command(service: RunningService, *arguments: str) -> CommandResult:
    """A command on the service's database, on connections of its own."""
    settings = service.parts.settings
    given = environment(settings.database_url, settings.telnyx_public_key)

    def work() -> CommandResult:
        result = CliRunner().invoke(app, list(arguments), env=given)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return CommandResult(result.exit_code, result.stdout, result.stderr)

    return await asyncio.to_thread(work)


async def shown(service: RunningService, what: str) -> Any:
    """What `show --json` prints."""
    result = await command(service, "show", what, "--json")
    assert result.status == 0, result.err
    return json.loads(result.out)


async def history_of(
    service: RunningService, phone: str = PHONE, *, reveal: bool = False
) -> History:
    """The history of a phone in the last day."""
    await service.idle()
    histories = Histories(sqlite=service.database.is_sqlite, clock=service.clock)
    with service.database.reading.connect() as connection:
        records = histories.of_phone(phone, 1)(connection)
    return history(records, service.parts.policy, catalogue(), reveal=reveal)


def words(told: History) -> list[str]:
    """Its lines, without their times."""
    return [line.words for line in told.lines]
