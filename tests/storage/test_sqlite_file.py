"""A SQLite file that is missing, renamed or replaced under a running service."""

import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from storage.database import Database
from storage.migrate import head, migrate
from storage.sqlite import files_of, is_missing, loose_files
from tests.harness.eventually import eventually
from tests.harness.process import free_port, process
from tests.harness.running_service import RunningService, running_service
from tests.harness.settings import PUBLIC_KEY, environment
from tests.harness.telnyx_events import text_event
from tests.harness.web_app import expect


def file_of(url: str) -> Path:
    path = Database(url).path
    assert path is not None
    return path


def revision(database: Database) -> str:
    with database.reading.connect() as connection:
        query = "SELECT version_num FROM alembic_version"
        return str(connection.exec_driver_sql(query).scalar_one())


def mark(url: str, revision: str) -> None:
    """Make the file recognisable."""
    database = Database(url)
    with database.writing.begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
    database.dispose()


@pytest.mark.parametrize("purpose", ["writing", "reading"])
def test_a_missing_file_is_not_created(tmp_path: Path, purpose: str) -> None:
    database = Database(f"sqlite:///{tmp_path}/missing.db")
    for _ in range(2):
        with pytest.raises(OperationalError) as refused:
            getattr(database, purpose).connect()
        assert is_missing(refused.value)
    assert list(tmp_path.iterdir()) == []
    assert database.file_identity() is None
    migrate(database)
    assert revision(database) == head()
    assert database.file_identity() is not None
    database.dispose()


def test_a_file_with_special_characters_in_its_name_is_opened(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/100%25 ü#.db")
    migrate(database)
    assert revision(database) == head()
    assert [found.name for found in tmp_path.glob("*.db")] == ["100% ü#.db"]
    database.dispose()


def test_a_renamed_file_is_not_read_any_more(sqlite_url: str) -> None:
    database, path = Database(sqlite_url), file_of(sqlite_url)
    assert revision(database) == head()
    path.rename(path.with_name("away.db"))
    with pytest.raises(OperationalError) as refused:
        revision(database)
    assert is_missing(refused.value)
    path.with_name("away.db").rename(path)
    assert revision(database) == head()
    database.dispose()


def test_a_replaced_file_is_read_at_once(sqlite_url: str) -> None:
    database, path = Database(sqlite_url), file_of(sqlite_url)
    assert revision(database) == head()
    before = database.file_identity()
    other = path.with_name("other.db")
    shutil.copyfile(path, other)
    mark(f"sqlite:///{other}", "9999")
    other.replace(path)
    assert revision(database) == "9999"
    assert database.file_identity() not in (None, before)
    database.dispose()


def test_a_new_file_and_those_beside_it_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    before = os.umask(0)
    try:
        database = Database(f"sqlite:///{path}")
        migrate(database)
        with database.writing.begin() as connection:
            connection.exec_driver_sql("UPDATE last_commit SET committed_at = 1")
            assert {one.name: one.stat().st_mode & 0o777 for one in files_of(path)} == {
                "new.db": 0o600,
                "new.db-wal": 0o600,
                "new.db-shm": 0o600,
            }
        assert loose_files(path) == []
        database.dispose()
    finally:
        os.umask(before)


def test_a_file_that_others_can_read_is_named_with_what_mends_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/loose.db"
    database = Database(url)
    migrate(database)
    database.dispose()
    (tmp_path / "loose.db").chmod(0o644)
    given = environment(url, PUBLIC_KEY)
    arguments = ("webhooks", "serve", "--port", str(free_port()))
    with process(*arguments, folder=tmp_path, environment=given) as child:
        child.prints(f"chmod 600 {tmp_path}/loose.db$")


async def is_ready(service: RunningService) -> bool:
    return (await service.http.get("/readyz")).status_code == 200


async def test_without_its_file_the_service_says_what_to_do(tmp_path: Path) -> None:
    async with running_service(f"sqlite:///{tmp_path}/missing.db", own_webhooks=True) as service:
        ready = expect(await service.http.get("/readyz"), 503)
        assert ready["checks"]["database"] == "missing: textlogin migrate creates it"
        assert (await service.post(text_event("LOGIN"))).status_code == 503
        assert not (tmp_path / "missing.db").exists()
        migrate(service.database)
        await eventually(lambda: is_ready(service))
        assert (await service.post(text_event("LOGIN"))).status_code == 200
