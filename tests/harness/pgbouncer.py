"""A real PgBouncer in front of a server of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.harness.eventually import PROCESS_PATIENCE_S, wait_for
from tests.harness.postgres import unprivileged
from tests.harness.process import free_port

#: Debian keeps it where only root's PATH leads.
BINARY = shutil.which("pgbouncer", path=os.defpath + ":/usr/sbin:/usr/local/sbin")
needs_pgbouncer = pytest.mark.skipif(
    BINARY is None, reason="no PgBouncer: `apt-get install pgbouncer`"
)
PASSWORD = "the-password-of-the-pooler"


@contextmanager
def pgbouncer(url: str, **settings: str) -> Iterator[str]:
    """The URL of the same database through a pooler with these settings; the others are
    PgBouncer's defaults."""
    assert BINARY is not None
    server = conninfo_to_dict(url)
    port = free_port()
    given = {"listen_addr": "127.0.0.1", "listen_port": port, "unix_socket_dir": "", **settings}
    user = unprivileged()
    with TemporaryDirectory(prefix="tl-") as folder:
        files = Path(folder)
        lines = [f"{name} = {value}" for name, value in given.items()]
        where = f"host={server['host']} port={server.get('port', 5432)} user=postgres"
        (files / "pgbouncer.ini").write_text(
            "\n".join(
                ["[databases]", f"* = {where}", "[pgbouncer]", f"auth_file = {files}/users", *lines]
            )
        )
        (files / "users").write_text(f'"postgres" "{PASSWORD}"\n')
        files.chmod(0o755)
        with (files / "log").open("wb") as log:
            child = subprocess.Popen(
                [BINARY, "-q", files / "pgbouncer.ini"],
                stderr=log,
                user=user.pw_uid if user else None,
            )
        try:
            pooled = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{port}/{server['dbname']}"
            wait_for(lambda: _answers(pooled))
            yield pooled
        finally:
            child.terminate()  # closes every connection at once
            child.wait(PROCESS_PATIENCE_S)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True
