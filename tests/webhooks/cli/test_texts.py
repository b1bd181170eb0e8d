"""`textlogin texts` lists every text with its length, without settings."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner, Result

from bot.wording import SEGMENT, gsm_7_length
from tests.harness.texts import EVERY_KIND, LONGEST, every_text
from webhooks.cli import main as cli
from webhooks.cli import texts


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["texts", *arguments])


def test_every_text_of_every_language_is_printed_with_both_lengths() -> None:
    output = run().output
    found = re.findall(r"^(\w*) +(typical|longest) +([0-9]+)  (?=\S)", output, re.MULTILINE)

    assert [kind for kind, _, _ in found if kind] == list(every_text().kinds) * 5
    assert [values for _, values, _ in found] == ["typical", "longest"] * len(EVERY_KIND)
    assert max(int(length) for _, _, length in found) <= SEGMENT
    assert re.findall(r"^(\w\w):", output, re.MULTILINE) == list(every_text().languages)


def test_the_values_are_as_long_as_they_may_be() -> None:
    lengths = {name: len(value) for name, value in LONGEST.items()}

    assert {name: len(value) for name, value in texts.LONGEST.items()} == lengths
    assert texts.TYPICAL.keys() == LONGEST.keys()


def test_a_listed_length_is_that_of_the_listed_text() -> None:
    for shown in texts.listed(every_text(), "de", every_text().kinds):
        assert shown.septets == gsm_7_length(shown.text)


def test_one_kind_in_one_language() -> None:
    output = run("--locale", "fr", "--kind", "code_page").output

    assert output.count("code_page") == 1
    assert "482915 est votre code pour Safari, Rome, 5 min." in output
    assert "@login.shop.test1 #482915" in " ".join(output.split())


def test_no_line_is_wider_than_a_wide_terminal() -> None:
    assert max(map(len, run().output.splitlines())) <= 130


@pytest.mark.parametrize("arguments", [["--locale", "it"], ["--kind", "poem"]])
def test_an_unknown_language_or_kind_exits_2_and_says_what_there_is(arguments: list[str]) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert "There are: " in result.stderr
