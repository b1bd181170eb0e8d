"""The machine's wall clock as the service sees it, which a fault can step: `stepped_clock.c`.

Telnyx signs by the same clock. Debian's faketime steps clocks too, but each look at its clock is so
slow that the service needs half a core for it, and Python's `time.sleep` fails under it.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

from tests.faults.preload import preload
from tests.faults.wall_clock import WallClock

_SECONDS = struct.Struct("q")


class SteppedClock:
    """Under the processes that run with its `environment`. Raises Skipped without a C compiler."""

    def __init__(self, folder: Path, wall_clock: WallClock) -> None:
        self._wall_clock = wall_clock
        path = folder / "ahead"
        path.write_bytes(_SECONDS.pack(wall_clock.ahead_s))
        with path.open("r+b") as file:
            self._ahead = mmap.mmap(file.fileno(), _SECONDS.size)
        library = preload(Path(__file__).with_suffix(".c"), folder)
        self.environment = {"LD_PRELOAD": str(library), "STEPPED_CLOCK": str(path)}

    def step(self, seconds: int) -> None:
        """Move the clock at once."""
        self._wall_clock.ahead_s += seconds
        self._ahead[:] = _SECONDS.pack(self._wall_clock.ahead_s)
