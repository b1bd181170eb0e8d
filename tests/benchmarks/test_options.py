"""The command line; nothing is measured here."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from tests.benchmarks.__main__ import EXIT_CANNOT_MEASURE, app
from tests.benchmarks.mixes import Mix
from tests.benchmarks.options import selected


@pytest.mark.parametrize(
    ("values", "mixes"),
    [
        (None, list(Mix)),
        ([""], list(Mix)),
        (["code,login"], [Mix.LOGIN, Mix.CODE]),
        (["code login"], [Mix.LOGIN, Mix.CODE]),
        (["code", "login, "], [Mix.LOGIN, Mix.CODE]),
    ],
)
def test_names_are_separated_by_commas_or_spaces(
    values: list[str] | None, mixes: list[Mix]
) -> None:
    assert selected(Mix, values) == mixes


def test_unknown_name_is_refused() -> None:
    with pytest.raises(typer.BadParameter, match="'logins' is not one of login, chat, code"):
        selected(Mix, ["code,logins"])


@pytest.mark.parametrize("name", ["no-such-commit", "--version", "HEAD:tests"])
def test_bad_commit_name_gives_one_line_and_exit_2(name: str) -> None:
    result = CliRunner().invoke(app, ["--part", "ratios", f"--against={name}"])
    assert result.exit_code == EXIT_CANNOT_MEASURE
    assert result.output == f"{name!r} is not a commit of this repository.\n"


def test_only_ratios_are_compared_with_a_commit() -> None:
    result = CliRunner().invoke(app, ["--part", "ratios,polls", "--against", "HEAD"])
    assert result.exit_code == 2
    assert "only the part ratios can be compared with a commit" in result.output
