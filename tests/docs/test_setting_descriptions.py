"""README's table and `.env.example` describe each setting with the words of `Settings`."""

import re
from pathlib import Path

import pytest

from webhooks.settings import Settings

_ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| `([A-Z0-9_]+)` \| (.+) \| (.+) \|$", re.MULTILINE)
_VARIABLE = re.compile(r"((?:^# .*\n)+)([A-Z0-9_]+)=(.*)$", re.MULTILINE)
FIELDS = Settings.model_fields


def default_text(name: str) -> str:
    """The default as it is written in the environment; empty if there is none."""
    if FIELDS[name].is_required():
        return ""
    default = FIELDS[name].get_default(call_default_factory=True)
    if isinstance(default, tuple):
        return ",".join(default)
    return str(default) if default else ""


@pytest.fixture(scope="module")
def rows() -> dict[str, tuple[str, str]]:
    """README's table: default and meaning by variable."""
    text = (_ROOT / "README.md").read_text(encoding="utf-8")
    return {name: (default, meaning) for name, default, meaning in _ROW.findall(text)}


@pytest.fixture(scope="module")
def variables() -> dict[str, tuple[str, str]]:
    """`.env.example`: comment and value by variable."""
    text = (_ROOT / ".env.example").read_text(encoding="utf-8")
    return {
        name: (" ".join(re.findall("^# (.*)$", comment, re.MULTILINE)), value)
        for comment, name, value in _VARIABLE.findall(text)
    }


@pytest.mark.parametrize("name", FIELDS)
def test_readme_describes_each_setting_as_the_code_does(
    rows: dict[str, tuple[str, str]], name: str
) -> None:
    default, meaning = rows[name.upper()]

    assert meaning.replace("`", "") == FIELDS[name].description
    assert (default == "required") == FIELDS[name].is_required()
    if default_text(name):
        assert default == f"`{default_text(name)}`"
    else:
        assert default in ("required", "none", "the SDK's")


@pytest.mark.parametrize("name", FIELDS)
def test_the_example_environment_describes_each_setting_as_the_code_does(
    variables: dict[str, tuple[str, str]], name: str
) -> None:
    comment, value = variables[name.upper()]

    description = FIELDS[name].description
    assert description is not None
    found = re.search(re.escape(description), comment, re.IGNORECASE)
    assert found is not None, comment
    assert value == default_text(name)
