"""Child processes on a core of their own, ended by the pid that was started."""

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

ROOT = Path(__file__).parents[2]
_PARENT_DIES = 1  # PR_SET_PDEATHSIG of prctl(2)
_TICKS = os.sysconf("SC_CLK_TCK")


class TooFewCores(Exception):
    """The service and its load would share a core."""


def cores() -> tuple[int, int]:
    """The service's core and the load's. Raises TooFewCores."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise TooFewCores
    return usable[0], usable[1]


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A server process with all its threads on one core."""

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
                cwd=folder,  # where no .env lies
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
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

    def wait(self, path: str, *, patience: float = 30, every: float = 0.01) -> float:
        """Seconds from the start to the first 200 on `path`. Raises RuntimeError."""
        deadline = self.started_at + patience
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if self._answers(path):
                return time.monotonic() - self.started_at
            time.sleep(every)
        raise RuntimeError(f"a server doesn't start: {self.log()[-2000:]}")

    def wait_for_words(self, words: str, *, patience: float = 30) -> float:
        """Seconds from the start until its log holds them. Raises RuntimeError."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if words in self.log():
                return time.monotonic() - self.started_at
            time.sleep(0.05)
        raise RuntimeError(f"a server doesn't say {words!r}: {self.log()[-2000:]}")

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body. Raises OSError, http.client.HTTPException."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text(errors="replace")

    def cpu(self) -> float:
        """CPU seconds used so far, all threads."""
        stat = Path(f"/proc/{self.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def core_busy(self) -> float:
        """CPU seconds that anybody has used on its core so far."""
        for line in Path("/proc/stat").read_text().splitlines():
            name, *ticks = line.split()
            if name == f"cpu{self._core}":
                _, _, _, idle, waiting, *_ = map(int, ticks)
                return (sum(map(int, ticks[:8])) - idle - waiting) / _TICKS
        raise RuntimeError(f"/proc/stat lacks cpu{self._core}")

    def memory(self) -> float:
        """Resident memory, MB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def stop(self) -> None:
        """Asks it to end, then makes it."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(12)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answers(self, path: str) -> bool:
        try:
            return self.get(path)[0] == 200
        except (OSError, http.client.HTTPException):
            return False


def _prepare(core: int) -> None:
    """In the child: its core, and its end with ours."""
    os.sched_setaffinity(0, {core})
    ctypes.CDLL(None).prctl(_PARENT_DIES, signal.SIGKILL)
