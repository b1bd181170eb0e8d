"""`textlogin doctor`, `setup` and the like, run in this process against the stand-in."""

from typer.testing import CliRunner

from tests.harness.clients_command import CommandResult
from tests.harness.clock import Clock
from tests.harness.sandbox_server import SandboxServer
from tests.harness.settings import environment
from tests.harness.telnyx_events import Signer
from webhooks.cli.main import app


def textlogin(
    server: SandboxServer, *arguments: str, database_url: str = "sqlite:///none.db", **changes: str
) -> CommandResult:
    """How the command ends; `changes` are environment variables."""
    variables = environment(database_url, Signer(Clock()).public_key) | {
        "TELNYX_BASE_URL": server.base_url,
        "PUBLIC_URL": "https://login.example",
        **changes,
    }
    result = CliRunner().invoke(app, arguments, env=variables)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return CommandResult(result.exit_code, result.stdout, result.stderr)
