"""Files, `path.py:name` references and identifiers that the pages mention exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from operator import attrgetter
from pathlib import Path

import pytest

from tests.docs.markdown import PAGES, ROOT, code, name, read

_ROOMS = ("bot", "storage", "webhooks", "tests", "docs")
_PATH = re.compile(rf"(?<![\w/.-])(?:{'|'.join(_ROOMS)})/[\w./*-]*")
_REFERENCE = re.compile(rf"(?<![\w/.-])((?:{'|'.join(_ROOMS)})/[\w/]*)\.py::?([A-Za-z_][\w.]*)")
#: An identifier of more than one word: snake_case, CamelCase, UPPER_CASE.
_IDENTIFIER = re.compile(r"\w*[a-zA-Z](?:_[a-zA-Z]|(?<=[a-z])[A-Z])\w*", re.ASCII)
_SOURCES = ("py", "js", "toml", "lua", "mako")
_ROOT_FILES = ("Makefile", "Procfile", "pyproject.toml", ".env.example")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_and_folder_that_a_page_names_exists(page: Path) -> None:
    named = {path.rstrip("./") for path in _PATH.findall(page.read_text(encoding="utf-8"))}
    missing = [path for path in sorted(named) if not any(ROOT.glob(path))]

    assert not missing, missing


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_reference_to_a_name_in_a_file_resolves(page: Path) -> None:
    references = _REFERENCE.findall(page.read_text(encoding="utf-8"))
    broken = [f"{path}.py:{names}" for path, names in references if not resolves(path, names)]

    assert not broken, broken


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_identifier_in_backticks_occurs_in_the_code(page: Path) -> None:
    named = {one for span in code(read(page)) for one in _IDENTIFIER.findall(span)}
    unknown = sorted(named - words_of_the_code())

    assert not unknown, unknown


def resolves(path: str, names: str) -> bool:
    """Whether a module has this name: `Class.method` too."""
    try:
        attrgetter(names.rstrip("."))(import_module(path.replace("/", ".")))
    except (ImportError, AttributeError):
        return False
    return True


@cache
def words_of_the_code() -> set[str]:
    """Every word of the source files and of their names, this file aside."""
    return {
        word
        for path in source_files()
        for word in re.findall(r"\w+", f"{path} {path.read_text(encoding='utf-8')}")
    }


def source_files() -> Iterator[Path]:
    """Code and configuration, but not this file."""
    yield from (ROOT / path for path in _ROOT_FILES)
    for room in _ROOMS:
        for kind in _SOURCES:
            yield from (one for one in (ROOT / room).rglob(f"*.{kind}") if one != Path(__file__))
