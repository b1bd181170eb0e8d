"""Load from `wrk`: one thread on the core that the service doesn't have."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import msgspec

from tests.benchmarks.requests import Requests

CONNECTIONS = 64
_SCRIPT = Path(__file__).with_name("load.lua")
_RESULT = "result "


class NoWrk(Exception):
    """There is no `wrk` on this machine."""


class Void(Exception):
    """A round that says nothing about speed, because something else was answered than awaited."""


class Run(msgspec.Struct, frozen=True):
    """What one run of wrk saw; latencies in ms. `answered` are those with the awaited status."""

    answered: int
    refused: int
    broken: int
    seconds: float
    p50: float
    p99: float
    slowest: float

    @property
    def rate(self) -> float:
        """Requests a second, from the first one sent to the last one answered."""
        return self.answered / self.seconds


def find_wrk() -> str:
    """Where wrk is. Raises NoWrk."""
    found = shutil.which("wrk")
    if found is None:
        raise NoWrk
    return found


def load(
    port: int,
    requests: Requests,
    seconds: int,
    *,
    connections: int = CONNECTIONS,
    again: bool = False,
    status: int = 200,
) -> Run:
    """Sends requests for so many seconds, or until each was sent once unless `again`.

    Raises Void if anything but that status came back.
    """
    command = [
        find_wrk(),
        *("--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"),
        *("--timeout", "5s", "--script", str(_SCRIPT), f"http://127.0.0.1:{port}", "--"),
        *(str(requests.path), str(requests.length), str(status), "again" if again else "once"),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30)
    lines = [line for line in ended.stdout.splitlines() if line.startswith(_RESULT)]
    if not lines:
        raise Void(f"wrk failed: {(ended.stderr or ended.stdout).strip()[-300:]}")
    run = msgspec.json.decode(lines[-1].removeprefix(_RESULT), type=Run)
    if run.refused or run.broken or not run.answered:
        raise Void(f"{run.answered} × {status}, {run.refused} × others, {run.broken} × broken")
    return run
