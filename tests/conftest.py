"""Fixtures: a database for each test, of either kind. Also runs `async def` tests."""

import asyncio
import inspect
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from sqlmodel import SQLModel

from storage.database import Database
from storage.migrate import migrate
from tests.harness.browser import CHROMIUM, BrowserLoop
from tests.harness.postgres import Postgres

_TEMPLATE = "migrated"
#: A test that hangs fails after so many seconds, with a traceback.
_LONGEST_TEST_S = 90
_EXAMPLES = 12
_BROWSER_LOOP = pytest.StashKey[BrowserLoop]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="fail the run if a test is skipped")
    parser.addoption(
        "--examples",
        type=int,
        default=_EXAMPLES,
        help="generated requests for each call of the API, and a multiple of it elsewhere",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The same generated requests each time, unless more are asked for than usual."""
    examples = config.getoption("--examples")
    settings.register_profile(
        "requests",
        max_examples=examples,
        derandomize=examples == _EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the browser. With `--no-skips`, a skipped test fails the run."""
    if browser_loop := session.config.stash.get(_BROWSER_LOOP, None):
        browser_loop.close()
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_runtest_setup(item: pytest.Item) -> None:
    """On machines of users, what needs a browser is skipped where there is none."""
    if CHROMIUM is None and item.get_closest_marker("browser"):
        pytest.skip("no Chromium: `apt-get install chromium`, or name one with CHROMIUM=/path")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """`async def test_…` runs in an event loop of its own, or in the one that has the browser."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    test = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
    timed = asyncio.wait_for(test, _LONGEST_TEST_S)
    if pyfuncitem.get_closest_marker("browser"):
        if _BROWSER_LOOP not in pyfuncitem.config.stash:
            pyfuncitem.config.stash[_BROWSER_LOOP] = BrowserLoop()
        pyfuncitem.config.stash[_BROWSER_LOOP].run(timed)
    else:
        asyncio.run(timed)
    return True


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests, with one migrated database to copy. Leave it running."""
    server = Postgres()
    try:
        _migrate(server.create(_TEMPLATE))
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def spare_databases() -> list[str]:
    """URLs of emptied databases; making one takes longer than most tests."""
    return []


@pytest.fixture
def postgresql_url(postgres: Postgres, spare_databases: list[str]) -> Iterator[str]:
    """A migrated PostgreSQL database without rows. Tests that change tables take `empty_url`."""
    spare = spare_databases.pop() if spare_databases else None
    url = spare or postgres.create(f"t{uuid4().hex}", _TEMPLATE)
    yield url
    _empty(url)
    spare_databases.append(url)


@pytest.fixture(scope="session")
def killable_postgres() -> Iterator[Postgres]:
    """A server that a test may kill; its commits are synced to disk. The test must start it
    again, from the main thread: the kernel kills it when the thread that started it ends."""
    server = Postgres(durable=True)
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def killable_url(killable_postgres: Postgres) -> str:
    """A migrated database on the server that a test may kill."""
    url = killable_postgres.create(f"t{uuid4().hex}")
    _migrate(url)
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file."""
    path = tmp_path / "textlogin.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of either kind without tables."""
    if request.param == "sqlite":
        path = tmp_path / "empty.db"
        path.touch()
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = f"t{uuid4().hex}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of either kind: the test runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def _empty(url: str) -> None:
    """End all connections, so that nothing is written afterwards, then delete all rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for table in SQLModel.metadata.tables.keys() - {"last_commit"}:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        connection.execute("UPDATE last_commit SET committed_at = 0")


def _migrate(url: str) -> None:
    database = Database(url)
    migrate(database)
    database.dispose()
