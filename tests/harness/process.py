"""`python -m …` as a child, with a clean environment and a folder of its own."""

import os
import queue
import re
import resource
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from tests.harness.eventually import PROCESS_PATIENCE_S

#: Below Linux's ephemeral ports (32768 up), so that no outgoing connection can take one.
_PORTS = range(20_000, 32_000)


class Process:
    """A child process; both output streams are read into one list of lines."""

    def __init__(
        self,
        arguments: list[str],
        folder: Path,
        environment: Mapping[str, str],
        open_files: int | None = None,
    ) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=None if open_files is None else partial(_limit_open_files, open_files),
        )
        self.lines: list[str] = []
        self._unread: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def is_alive(self) -> bool:
        return self._child.poll() is None

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def reads(self, line: str) -> None:
        """Write a line to its standard input."""
        self._stdin.write(line + "\n")
        self._stdin.flush()

    def close_input(self) -> None:
        self._stdin.close()

    def prints(self, pattern: str) -> re.Match[str]:
        """Wait for the next line that matches."""
        deadline = time.monotonic() + PROCESS_PATIENCE_S
        while True:
            try:
                line = self._unread.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                line = None
            assert line is not None, f"no {pattern!r} in:\n{self.output}"
            if found := re.search(pattern, line):
                return found

    def signal(self, number: int) -> None:
        self._child.send_signal(number)

    def ends(self, patience_s: float = PROCESS_PATIENCE_S) -> int:
        """Wait until it ends; its exit status."""
        status = self._child.wait(patience_s)
        self._reader.join()
        return status

    def close(self) -> None:
        if self.is_alive:
            self._child.kill()
        self._child.wait()
        self._reader.join()
        for stream in (self._child.stdin, self._child.stdout):
            assert stream is not None
            stream.close()

    @property
    def _stdin(self) -> IO[str]:
        assert self._child.stdin is not None
        return self._child.stdin

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self.lines.append(line.rstrip("\n"))
            self._unread.put(line)
        self._unread.put(None)


@contextmanager
def process(
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    open_files: int | None = None,
) -> Iterator[Process]:
    """A running child, killed at the end if it is still running. `open_files` limits its files
    and sockets, as `ulimit -n` does."""
    child = Process(list(arguments), folder, environment or {}, open_files)
    try:
        yield child
    finally:
        child.close()


def _limit_open_files(number: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


def free_port() -> int:
    """A TCP port on loopback that nothing listens on."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
