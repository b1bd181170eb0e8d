"""The rooms: which module may import which, and rules for every source file.

`webhooks → storage → bot`, never back. Inside webhooks each floor imports only the floors below.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.harness.source_tree import (
    MODULES,
    PRODUCTION,
    ROOT,
    arrows,
    circles,
    imported_packages,
    importers,
    imports,
    is_inside,
    modules,
    tree,
)

MOST_LINES = 300
#: The docstring of a package.
_SAYS = re.compile(r"[A-Z`/].{20,}")
#: Beside the standard library, what a room may import.
MAY_IMPORT = {
    "bot": {"bot", "msgspec", "phonenumbers", "cryptography"},
    "storage": {"storage", "bot", "sqlmodel", "sqlalchemy", "alembic", "psycopg", "msgspec"},
}
_SETTINGS = ("settings", "setting_types", "setting_files", "setting_names", "setting_messages")
ASSEMBLY = {f"webhooks.{name}" for name in (*_SETTINGS, "service", "app")}
#: The rooms of webhooks, lowest floor first. Rooms on one floor do not import each other.
FLOORS = [
    ["webhooks.http"],
    ["webhooks.verification_json"],
    ["webhooks.telnyx", "webhooks.clients", "webhooks.support"],
    ["webhooks.watch"],
    ["webhooks.api", "webhooks.ops"],
    ["webhooks.pages"],
    ["webhooks.operations"],
    ["assembly"],
    ["webhooks.cli"],
    ["webhooks.__main__"],
]
SANDBOX = "webhooks.sandbox"

#: Standard library that uses a clock, randomness, the environment, files or the network.
IMPURE = {
    *("asyncio", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets"),
    *("shutil", "signal", "socket", "ssl", "subprocess", "sys", "tempfile", "threading", "time"),
    *("urllib", "uuid", "zoneinfo", "importlib", "http", "sqlite3"),
}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}
IMPURE_METHODS = {"now", "utcnow", "today", "read_text", "read_bytes", "write_text", "getenv"}

FOLDERS = [ROOT / name for name in (*PRODUCTION, "tests")]
PACKAGES = [path for folder in FOLDERS for path in sorted(folder.rglob("__init__.py"))]
SOURCES = [
    path
    for folder in FOLDERS
    for kind in ("py", "js", "lua", "html", "css")
    for path in sorted(folder.rglob(f"*.{kind}"))
]
IN_WEBHOOKS = [
    name for name in modules("webhooks") if name != "webhooks" and not is_inside(name, SANDBOX)
]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room(name: str) -> str:
    """bot or storage, a package or module of webhooks, or the assembly."""
    found = ".".join(name.split(".")[: 2 if name.startswith("webhooks.") else 1])
    return "assembly" if found in ASSEMBLY else found


def floor(name: str) -> int:
    (number,) = [number for number, rooms in enumerate(FLOORS) if name in rooms]
    return number


# -- directions ------------------------------------------------------------------------------------


def test_a_module_imports_only_what_its_room_may() -> None:
    forbidden = {
        name: imported_packages(path) - MAY_IMPORT[room(name)]
        for name, path in modules("bot", "storage").items()
    }
    assert {name: found for name, found in forbidden.items() if found} == {}


def test_production_code_does_not_import_tests() -> None:
    assert [name for name, path in MODULES.items() if "tests" in imported_packages(path)] == []


def test_a_module_of_webhooks_imports_its_own_room_and_lower_floors() -> None:
    outside = [
        (name, one)
        for name in IN_WEBHOOKS
        for one in arrows()[name].intersection(IN_WEBHOOKS)
        if room(one) != room(name)
    ]
    assert [(name, one) for name, one in outside if floor(room(one)) >= floor(room(name))] == []


@pytest.mark.parametrize("name", modules("bot"))
def test_bot_uses_no_clock_randomness_environment_file_or_network(name: str) -> None:
    path = MODULES[name]
    assert {imported.partition(".")[0] for imported in imports(path)} & IMPURE == set()
    for node in ast.walk(tree(path)):
        match node:
            case ast.Call(func=ast.Name(id=called)):
                assert called not in IMPURE_CALLS, f"{called} in line {node.lineno}"
            case ast.Call(func=ast.Attribute(attr=called)):
                assert called not in IMPURE_METHODS, f"{called} in line {node.lineno}"


def test_only_main_imports_the_command_line() -> None:
    assert importers("webhooks.cli") == {"webhooks.__main__"}


def test_only_the_demo_imports_the_sandbox_and_only_its_command_the_demo() -> None:
    assert importers(SANDBOX) == {"webhooks.cli.demo"}
    assert importers("webhooks.cli.demo") <= {"webhooks.cli.main"}


def test_the_sandbox_imports_nothing_else_of_ours() -> None:
    imported = [
        (name, one)
        for name, path in modules(SANDBOX.replace(".", "/")).items()
        for one in imports(path)
        if one.startswith((*PRODUCTION, "tests"))
    ]
    assert [(name, one) for name, one in imported if not is_inside(one, SANDBOX)] == []


def test_only_one_module_and_the_command_line_use_telnyxs_sdk() -> None:
    users = importers("telnyx")
    assert {one for one in users if room(one) != "webhooks.cli"} == {"webhooks.telnyx.messages_api"}


def test_telnyxs_sdk_is_not_imported_at_start() -> None:
    """It takes seconds to import: only inside functions and for types."""
    imported = [
        (name, ast.unparse(node).split()[1].partition(".")[0])
        for name, path in modules("webhooks").items()
        for node in tree(path).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert [name for name, package in imported if package == "telnyx"] == []


def test_only_one_module_checks_signatures() -> None:
    users = {one for one in importers("nacl") if not is_inside(one, SANDBOX)}
    assert users == {"webhooks.telnyx.signature"}


# -- circles ---------------------------------------------------------------------------------------


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(arrows()) == []


def test_no_rooms_import_each_other_in_a_circle() -> None:
    rooms: dict[str, set[str]] = {room(name): set() for name in MODULES}
    for name, imported in arrows().items():
        rooms[room(name)] |= {room(one) for one in imported} - {room(name)}
    assert circles(rooms) == []


def test_a_circle_would_be_found() -> None:
    edges = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a", "e"}, "e": set[str]()}
    assert circles(edges) == [{"a", "b", "c"}]


# -- files and packages ----------------------------------------------------------------------------


def test_a_file_has_at_most_300_lines() -> None:
    lines = {relative(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}


def test_a_package_says_what_belongs_there() -> None:
    docstrings = {relative(path): ast.get_docstring(tree(path)) or "" for path in PACKAGES}
    assert [path for path, words in docstrings.items() if not _SAYS.match(words)] == []
