"""README and `.env.example` name every setting."""

import re
from pathlib import Path

from webhooks.settings import Settings

ROOT = Path(__file__).parents[2]


FIELDS = {name.upper() for name in Settings.model_fields}


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_the_example_environment_lists_every_setting_and_no_other() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE)
    assert len(named) == len(set(named))
    assert set(named) == FIELDS


def test_the_readme_names_every_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = {name for name in FIELDS if not re.search(rf"\b{name}\b", readme)}
    assert missing == set()
