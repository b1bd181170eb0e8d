"""Runs rows, several at the same time, each in a Python process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from tests.faults.options import Options
from tests.faults.outcome import Outcome
from tests.faults.row import Row

_LOG_TAIL = 2000
_ROOT = Path(__file__).parents[2]

#: Prints a line.
Report = Callable[[str], None]


def measure_all(
    rows: list[Row], options: Options, at_once: int, report: Report
) -> list[tuple[Row, Outcome]]:
    """The rows with their outcomes, in their order."""

    def measure(row: Row) -> tuple[Row, Outcome]:
        report(f"{_time()} {row.name} …")
        outcome = _measure(row, options)
        report(f"{_time()} {row.name}: {outcome.verdict}{_indented(outcome.log)}")
        return row, outcome

    with ThreadPoolExecutor(at_once) as threads:
        return list(threads.map(measure, rows))


def _measure(row: Row, options: Options) -> Outcome:
    with TemporaryDirectory(prefix="textlogin-faults-") as folder:
        result = Path(folder) / "outcome.json"
        command = [
            *(sys.executable, "-m", "tests.faults", "--result", str(result)),
            *("--fault", row.fault.name, "--database", row.kind, "--kills", str(options.kills)),
        ]
        ended = subprocess.run(
            command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if ended.returncode:
            problem = f"the harness ended with status {ended.returncode}"
            return Outcome(problems=[problem], log=ended.stdout[-_LOG_TAIL:])
        return msgspec.json.decode(result.read_bytes(), type=Outcome)


def _time() -> str:
    return time.strftime("%H:%M:%S")


def _indented(log: str) -> str:
    return "".join(f"\n    {line}" for line in log.splitlines())
