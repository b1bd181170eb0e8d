"""`textlogin` itself: how it treats bad usage."""

import pytest
from typer.testing import CliRunner

from webhooks.cli import main as cli


@pytest.mark.parametrize(
    "arguments",
    [["nothing"], ["serve", "--port", "0"], ["serve", "--port", "x"], ["serve", "--workers", "0"],
     ["phone", "--what"], ["demo", "--port", "65536"], ["demo", "--webhook-url", "app.example"]],
)  # fmt: skip
def test_bad_usage_exits_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(cli.app, arguments).exit_code == 2
