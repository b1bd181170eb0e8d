"""Runs rows, several at the same time, each in a Python process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

from tests.benchmarks.databases import Kind
from tests.faults.fault import Fault
from tests.faults.options import Options
from tests.faults.row import Row

_ROOT = Path(__file__).parents[2]

#: Prints a line.
Report = Callable[[str], None]


class Pair(NamedTuple):
    """A row to be: a fault and a database."""

    fault: Fault
    kind: Kind


def measure_all(pairs: list[Pair], options: Options, at_once: int, report: Report) -> list[Row]:
    """The rows, in the order of the pairs."""

    def measure(pair: Pair) -> Row:
        name = f"{pair.fault.name}, {pair.kind}"
        report(f"{_time()} {name} …")
        row = _measure(pair, options)
        report(f"{_time()} {name}: {row.verdict}{_indented(row.log)}")
        return row

    with ThreadPoolExecutor(at_once) as threads:
        return list(threads.map(measure, pairs))


def _measure(pair: Pair, options: Options) -> Row:
    with TemporaryDirectory(prefix="textlogin-faults-") as folder:
        result = Path(folder) / "row.json"
        command = [
            *(sys.executable, "-m", "tests.faults", "--result", str(result)),
            *("--fault", pair.fault.name, "--database", pair.kind, "--kills", str(options.kills)),
        ]
        ended = subprocess.run(
            command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if ended.returncode:
            problems = [f"the harness ended with status {ended.returncode}"]
            return Row(pair.fault.name, pair.kind, problems=problems, log=ended.stdout)
        return msgspec.json.decode(result.read_bytes(), type=Row)


def _time() -> str:
    return time.strftime("%H:%M:%S")


def _indented(log: str) -> str:
    return "".join(f"\n    {line}" for line in log.splitlines())
