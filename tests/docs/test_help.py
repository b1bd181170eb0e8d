"""`--help` names every command and explains each."""

from typer.testing import CliRunner

from webhooks.cli import main as cli

#: What the options of `serve` replace.
COMMAND_LINE = {"HOST", "PORT", "WEB_CONCURRENCY"}


def test_help_names_each_command_and_each_command_explains_itself() -> None:
    runner = CliRunner()
    overview = runner.invoke(cli.app, ["--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert overview.exit_code == 0
    for command in ("serve", "demo", "phone", "migrate", "texts"):
        assert command in overview.output
        page = runner.invoke(cli.app, [command, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
        assert page.exit_code == 0
        assert len(page.output.splitlines()) > 5
    page = runner.invoke(cli.app, ["serve", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    for variable in COMMAND_LINE:
        assert variable in page.output
