"""The source files of the project, parsed but not run: its modules and their imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCTION = ("bot", "storage", "webhooks")


def module(path: Path) -> str:
    """`webhooks/http/__init__.py` is `webhooks.http`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(*packages: str) -> dict[str, Path]:
    """Every module below these folders, by its dotted name."""
    return {
        module(path): path
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
    }


MODULES = modules(*PRODUCTION)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every dotted name that a module imports, also inside functions and for types alone."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_packages(path: Path) -> set[str]:
    """The outermost names, without the standard library's."""
    return {name.partition(".")[0] for name in imports(path)} - sys.stdlib_module_names


@cache
def arrows() -> dict[str, set[str]]:
    """For each module of ours, the others that it imports."""
    return {
        name: {found for one in imports(path) if (found := _module_of(one))} - {name}
        for name, path in MODULES.items()
    }


def _module_of(name: str) -> str | None:
    """The module that an imported name is, or is defined in."""
    for candidate in (name, name.rpartition(".")[0]):
        if candidate in MODULES:
            return candidate
    return None


def importers(package: str) -> set[str]:
    """The modules of ours outside a package that import it."""
    return {
        name
        for name, path in MODULES.items()
        if not is_inside(name, package) and any(is_inside(one, package) for one in imports(path))
    }


def is_inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def circles(edges: Mapping[str, Iterable[str]]) -> list[set[str]]:
    """The strongly connected components that have more than one member."""
    reached = {name: _reachable(edges, name) for name in edges}
    components = {
        frozenset(other for other in reached[name] if name in reached[other]) for name in edges
    }
    return sorted((set(one) for one in components if len(one) > 1), key=sorted)


def _reachable(edges: Mapping[str, Iterable[str]], start: str) -> set[str]:
    found, ahead = set[str](), [start]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead.extend(edges[name])
    return found
