"""Who may import what: `webhooks → storage → bot`, and never back."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"bot", "storage", "webhooks", "tests"}

#: Per room, what it may import beside the standard library.
MAY = {
    "bot": {"bot", "msgspec", "phonenumbers", "cryptography"},
    "storage": {"storage", "bot", "sqlmodel", "sqlalchemy", "alembic", "psycopg", "msgspec"},
}
#: A decision has no clock, no chance, no environment, no files and no network.
IMPURE = {
    *("asyncio", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets"),
    *("shutil", "signal", "socket", "ssl", "subprocess", "sys", "tempfile", "threading", "time"),
    *("urllib", "uuid", "zoneinfo", "importlib", "http", "sqlite3"),
}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}
IMPURE_METHODS = {"now", "utcnow", "today", "read_text", "read_bytes", "write_text", "getenv"}


def modules(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Every dotted name that a module imports, also inside functions and for types alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)} imports relatively"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages(path: Path) -> set[str]:
    """The outermost names, the standard library's left out."""
    names = {imported.partition(".")[0] for imported in imports(path)}
    return names - sys.stdlib_module_names


def importers(package: str, *rooms: str) -> set[str]:
    return {
        name(path)
        for path in modules(*rooms)
        if any(one == package or one.startswith(f"{package}.") for one in imports(path))
    }


@pytest.mark.parametrize("path", modules("bot", "storage"), ids=name)
def test_a_module_imports_what_its_room_may(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]

    assert packages(path) <= MAY[room]


@pytest.mark.parametrize("path", modules("webhooks"), ids=name)
def test_the_speaking_room_imports_no_tests(path: Path) -> None:
    assert packages(path) & OURS <= {"webhooks", "storage", "bot"}


@pytest.mark.parametrize("path", modules("bot"), ids=name)
def test_a_decision_has_no_clock_no_chance_and_no_world(path: Path) -> None:
    assert {imported.partition(".")[0] for imported in imports(path)} & IMPURE == set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=called)):
                assert called not in IMPURE_CALLS, f"{called} in line {node.lineno}"
            case ast.Call(func=ast.Attribute(attr=called)):
                assert called not in IMPURE_METHODS, f"{called} in line {node.lineno}"


def test_telnyx_is_spoken_to_by_the_sender_and_the_accounts_commands() -> None:
    assert importers("telnyx", "bot", "storage", "webhooks") <= {
        "webhooks/telnyx/messages_api.py",
        "webhooks/cli/main.py",
    }
    assert "webhooks/telnyx/messages_api.py" in importers("telnyx", "webhooks")


def test_the_sdk_is_not_imported_with_the_service() -> None:
    for path in modules("webhooks"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        at_import = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        names = [ast.unparse(node) for node in at_import]
        assert not any("telnyx" in one.split()[1].split(".")[:1] for one in names), name(path)


def test_signatures_are_checked_in_one_place() -> None:
    outside = {
        path
        for path in importers("nacl", "bot", "storage", "webhooks")
        if not path.startswith("webhooks/sandbox/")
    }

    assert outside == {"webhooks/telnyx/signature.py"}


def test_the_sandbox_is_reached_by_the_demo_alone() -> None:
    outside = {
        path
        for path in importers("webhooks.sandbox", "bot", "storage", "webhooks")
        if not path.startswith("webhooks/sandbox/")
    }

    assert outside == {"webhooks/cli/demo.py"}


def test_the_sandbox_knows_nothing_of_the_service() -> None:
    for path in modules("webhooks/sandbox"):
        inside = [one for one in imports(path) if one.partition(".")[0] in OURS]
        assert all(one.startswith("webhooks.sandbox") for one in inside), name(path)


def test_the_demo_is_started_by_its_command_alone() -> None:
    assert importers("webhooks.cli.demo", "bot", "storage", "webhooks") <= {"webhooks/cli/main.py"}
