"""One process of the service, as a child that ends with us."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

from tests.harness.process import free_port

_PARENT_DIES = 1  # PR_SET_PDEATHSIG of prctl(2)
_LIBC = ctypes.CDLL(None)
_STOP_S = 15.0


class Use(NamedTuple):
    """What a process takes: resident memory, open descriptors."""

    memory_bytes: int
    files: int


@dataclass
class ServedProcess:
    """`textlogin serve` on a port that stays the same after a restart.

    `file_limit` is RLIMIT_NOFILE at the start; None leaves ours.
    """

    folder: Path
    environment: Mapping[str, str]
    file_limit: int | None = None

    def __post_init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.folder / f"{self.port}.log"
        #: Exit statuses of earlier runs; a signal is negative.
        self.exits: list[int] = []
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """The kernel kills the child when the *thread* that calls this ends."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "webhooks", "serve", "--port", str(self.port)],
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=self._prepare,
            )

    def restart_if_ended(self) -> None:
        """What a supervisor does; `exits` gets the status."""
        assert self._child is not None
        status = self._child.poll()
        if status is not None:
            self.exits.append(status)
            self.start()

    def stop(self) -> None:
        """SIGTERM; SIGKILL if it is still running after 15 s, or stopped by a signal."""
        if self._child is None or self._child.poll() is not None:
            return
        self._child.send_signal(signal.SIGTERM)
        self._child.send_signal(signal.SIGCONT)
        try:
            self._child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def ends(self, patience_s: float) -> int:
        """Wait until it ends; its exit status. Raises TimeoutExpired."""
        assert self._child is not None
        return self._child.wait(patience_s)

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def signal(self, number: int) -> None:
        """Send a signal, if it runs."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def limit(self, which: int, most: int | None) -> None:
        """Set a soft limit of the living process (prlimit); None restores the highest."""
        _, hard = resource.prlimit(self.pid, which)
        resource.prlimit(self.pid, which, (hard if most is None else most, hard))

    def open_files(self) -> int:
        """The highest descriptor that is open, plus one: RLIMIT_NOFILE bounds that number."""
        return 1 + max(map(int, os.listdir(f"/proc/{self.pid}/fd")))

    def use(self) -> Use:
        """What it takes at the moment."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        files = len(os.listdir(f"/proc/{self.pid}/fd"))
        return Use(pages * resource.getpagesize(), files)

    def answers(self, path: str, timeout_s: float = 2) -> bool:
        """Whether a GET on a new connection is answered with 200 in time."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def log_tail(self, most: int = 12) -> str:
        """The last lines of its output, of all its runs; lines that differ only in their time are
        shown once."""
        lines = self.log.read_text(errors="replace").splitlines()
        last = {line.partition(" ")[2].partition(" ")[2]: line for line in lines}
        return "\n".join(list(last.values())[-most:])

    def _prepare(self) -> None:
        """In the child."""
        _LIBC.prctl(_PARENT_DIES, signal.SIGKILL)
        if self.file_limit is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.file_limit, self.file_limit))
