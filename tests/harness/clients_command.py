"""`textlogin clients …`, run in this process."""

import re
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from storage.database import Database
from tests.harness.clock import Clock
from tests.harness.settings import environment
from tests.harness.telnyx_events import Signer
from webhooks.cli.main import app

KEY_PATTERN = re.compile(r"\btl_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
SECRET_PATTERN = re.compile(r"\bwhsec_[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True)
class CommandResult:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def key(self) -> str:
        (key,) = KEY_PATTERN.findall(self.out)
        return str(key)

    @property
    def secret(self) -> str:
        (secret,) = SECRET_PATTERN.findall(self.out)
        return str(secret)


@dataclass(frozen=True)
class ClientsCommand:
    """The command on one database."""

    database_url: str

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.database_url, Signer(Clock()).public_key)

    def run(self, *arguments: str) -> CommandResult:
        result = CliRunner().invoke(app, ["clients", *arguments], env=self.environment)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return CommandResult(result.exit_code, result.stdout, result.stderr)

    def succeeds(self, *arguments: str) -> CommandResult:
        """A command that must succeed."""
        result = self.run(*arguments)
        assert result.status == 0, result.err
        return result

    def rows(self, table: str = "clients") -> list[dict[str, Any]]:
        """What the database holds."""
        database = Database(self.database_url)
        try:
            with database.reading.connect() as connection:
                rows = connection.exec_driver_sql(f"SELECT * FROM {table}")
                return [dict(row._mapping) for row in rows]
        finally:
            database.dispose()
