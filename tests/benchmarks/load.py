"""Load from `wrk`: one thread, on the load's core."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import msgspec

from tests.benchmarks.errors import CannotMeasure, InvalidRun
from tests.benchmarks.requests import RequestFile

CONNECTIONS = 64
_SCRIPT = Path(__file__).with_name("load.lua")
_RESULT = "result "
_EXIT_TIMEOUT_S = 30
_NO_WRK = "wrk is needed (Debian, Ubuntu: apt-get install wrk; macOS has no core pinning)."


class Run(msgspec.Struct, frozen=True):
    """Results of one run of wrk; latencies in ms. `answered` counts the expected status only."""

    answered: int
    refused: int
    broken: int
    seconds: float
    p50: float
    p99: float
    slowest: float

    @property
    def rate(self) -> float:
        """Requests per second, from the first request to the last answer."""
        return self.answered / self.seconds


def find_wrk() -> str:
    """The path of wrk. Raises CannotMeasure."""
    found = shutil.which("wrk")
    if found is None:
        raise CannotMeasure(_NO_WRK)
    return found


def load(
    port: int,
    requests: RequestFile,
    seconds: int,
    *,
    connections: int = CONNECTIONS,
    repeat: bool = False,
    status: int = 200,
) -> Run:
    """Send the requests for `seconds`, or until each is sent once unless `repeat`.

    Raises InvalidRun if there is an answer with another status, or none.
    """
    command = [
        find_wrk(),
        *("--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"),
        *("--timeout", "5s", "--script", str(_SCRIPT), f"http://127.0.0.1:{port}", "--"),
        *(str(requests.path), str(requests.length), str(status), "repeat" if repeat else "once"),
    ]
    timeout = seconds + _EXIT_TIMEOUT_S
    ended = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    lines = [line for line in ended.stdout.splitlines() if line.startswith(_RESULT)]
    if not lines:
        raise InvalidRun(f"wrk failed: {(ended.stderr or ended.stdout).strip()[-300:]}")
    run = msgspec.json.decode(lines[-1].removeprefix(_RESULT), type=Run)
    if run.refused or run.broken or not run.answered:
        raise InvalidRun(
            f"{run.answered} answers with status {status}, {run.refused} with another, "
            f"{run.broken} connection errors"
        )
    return run
