"""A server process that is pinned to one core and measured from outside."""

from __future__ import annotations

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.benchmarks.errors import CannotMeasure

_PR_SET_PDEATHSIG = 1  # prctl(2)
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_START_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 12.0
_REQUEST_TIMEOUT_S = 2.0
_LOG_TAIL = 2000


def free_port() -> int:
    """An unused TCP port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """Runs from the constructor to `stop`, with all its threads on one core.

    `folder` is its working directory, so it must contain no `.env`; its output goes to a log there.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        port: int,
        core: int,
        folder: Path,
        environment: Mapping[str, str],
    ) -> None:
        self.port = port
        self._core = core
        self._log = folder / f"{port}.log"
        self.started_at = time.monotonic()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: _prepare(core),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_until_ready(self, path: str) -> float:
        """Seconds from the start to the first 200 on `path`. Raises CannotMeasure."""
        deadline = self.started_at + _START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._is_ready(path):
                return time.monotonic() - self.started_at
            time.sleep(0.01)
        raise CannotMeasure(f"A server does not start: {self._log_tail()}")

    def wait_for_log(self, text: str) -> float:
        """Seconds from the start until the log contains `text`. Raises CannotMeasure."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            if text in self.log():
                return time.monotonic() - self.started_at
            time.sleep(0.05)
        raise CannotMeasure(f"A server does not log {text!r}: {self._log_tail()}")

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body. Raises OSError, http.client.HTTPException."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_REQUEST_TIMEOUT_S)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def log(self) -> str:
        """Its output so far."""
        return self._log.read_text(errors="replace")

    def cpu_seconds(self) -> float:
        """CPU time used so far, all threads."""
        stat = Path(f"/proc/{self.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    def core_busy_seconds(self) -> float:
        """CPU time used so far on its core, all processes."""
        for line in Path("/proc/stat").read_text().splitlines():
            name, *ticks = line.split()
            if name == f"cpu{self._core}":
                _, _, _, idle, waiting, *_ = map(int, ticks)
                return (sum(map(int, ticks[:8])) - idle - waiting) / _TICKS_PER_SECOND
        raise RuntimeError(f"/proc/stat lacks cpu{self._core}")

    def memory_bytes(self) -> int:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def stop(self) -> None:
        """Terminate it; kill it if it is still running after 12 seconds."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _is_ready(self, path: str) -> bool:
        try:
            return self.get(path)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def _log_tail(self) -> str:
        return self.log().strip()[-_LOG_TAIL:]


def _prepare(core: int) -> None:
    """In the child: pin it to the core, and have it killed when its parent ends."""
    os.sched_setaffinity(0, {core})
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
