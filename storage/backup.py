"""A copy of a SQLite file while the service runs, and how PostgreSQL's own tool makes one."""

from __future__ import annotations

import os
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

from psycopg.conninfo import make_conninfo

from storage.database_url import parse_database_url

#: libpq's parameters that are secret.
_SECRET = frozenset({"password", "sslpassword"})


class BackupFailed(Exception):
    """There is no backup, as the text says."""


def back_up(path: Path, target: Path) -> None:
    """Copy the SQLite file at `path` to the new file `target`, for its owner alone. The copy is the
    state at one moment; writers are not held up. Raises BackupFailed, OSError."""
    if not path.exists():
        raise BackupFailed(f"{path.name} is missing")
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        _copy(path, target)
    except BaseException:
        target.unlink()
        raise


def pg_dump(database_url: str, target: Path) -> str:
    """The command that dumps a PostgreSQL database into `target`, without the password."""
    parameters = parse_database_url(database_url)
    assert not isinstance(parameters, Path)
    shown = {name: value for name, value in parameters.items() if name not in _SECRET}
    connection = make_conninfo(**shown)
    return shlex.join(["pg_dump", "--format=custom", f"--file={target}", f"--dbname={connection}"])


def _copy(path: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)  # in one step: in several, each commit would begin it anew
            copy.execute("PRAGMA journal_mode=DELETE")  # so that the copy is one file
            ((result,),) = copy.execute("PRAGMA integrity_check(1)")
    except sqlite3.Error as error:
        raise BackupFailed(str(error)) from error
    if result != "ok":
        raise BackupFailed(f"the copy is damaged: {result}")
