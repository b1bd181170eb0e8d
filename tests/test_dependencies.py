"""What production code imports and what pyproject.toml declares are the same packages."""

from __future__ import annotations

import re
import tomllib

from tests.harness.source_tree import MODULES, PRODUCTION, ROOT, imported_packages

#: Distributions whose import name is not their own name with underscores.
IMPORT_NAMES = {"pynacl": "nacl"}
#: What an extra brings is imported by the distribution that has it, or declared by itself too.
EXTRAS = {
    "psycopg": {"binary"},  # libpq, compiled
    "telnyx": {"aiohttp"},  # the SDK's client over aiohttp
    "uvicorn": {"standard"},  # uvloop and httptools
}


def declared() -> dict[str, set[str]]:
    """The distributions that production code depends on, each with its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = {}
    for requirement in project["dependencies"]:
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?", requirement)
        assert match is not None, requirement
        name = re.sub(r"[-_.]+", "-", match[1]).lower()
        found[name] = {extra.strip() for extra in (match[2] or "").split(",")} - {""}
    return found


def imported() -> set[str]:
    """The packages that production code imports."""
    found = set[str]().union(*map(imported_packages, MODULES.values()))
    return found - set(PRODUCTION)


def import_names() -> set[str]:
    """What the declared distributions are imported as."""
    return {IMPORT_NAMES.get(name, name.replace("-", "_")) for name in declared()}


def test_every_imported_package_is_declared() -> None:
    assert imported() - import_names() == set()


def test_every_declared_package_is_imported() -> None:
    assert import_names() - imported() == set()


def test_only_known_extras_are_declared() -> None:
    assert {name: extras for name, extras in declared().items() if extras} == EXTRAS
