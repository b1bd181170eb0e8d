"""A stepped clock moves the wall clock of a process, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.faketime import Faketime
from tests.faults.fault import Skipped
from tests.faults.stepped_clock import SteppedClock
from tests.faults.wall_clock import WallClock
from tests.harness.eventually import wait_for

#: For each line it gets, it prints the wall clock and the monotonic clock in seconds.
_PROGRAM = """\
import sys, time
for _ in sys.stdin:
    print(int(time.time()), int(time.monotonic()), flush=True)
"""


#: The test takes less.
_LONGEST_S = 60


@pytest.mark.parametrize("kind", [SteppedClock, Faketime])
@pytest.mark.parametrize("step_s", [-3600, 3600])
def test_a_step_moves_the_wall_clock_only(
    kind: type[SteppedClock | Faketime], step_s: int, tmp_path: Path
) -> None:
    wall_clock = WallClock()
    try:
        clock = kind(tmp_path, wall_clock)
    except Skipped as lack:
        pytest.skip(str(lack))
    command = [sys.executable, "-c", _PROGRAM]
    with subprocess.Popen(
        command, env=clock.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        before, monotonic_before = _times(process)
        clock.step(step_s)
        wait_for(lambda: abs(_times(process)[0] - before - step_s) < _LONGEST_S)
        monotonic_after = _times(process)[1]

    assert wall_clock.ahead_s == step_s
    assert 0 <= monotonic_after - monotonic_before < _LONGEST_S


def _times(process: subprocess.Popen[str]) -> tuple[int, int]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    wall, monotonic = map(int, process.stdout.readline().split())
    return wall, monotonic
