"""A stepped wall clock by Debian's faketime, beside `stepped_clock`.

Each look at the time is slow under it, so that the service needs half a core for little load, and
Python's `time.sleep` fails.
"""

from __future__ import annotations

from pathlib import Path

from tests.faults.fault import Skipped
from tests.faults.wall_clock import WallClock

_LIBRARY = "faketime/libfaketimeMT.so.1"
_FOLDERS = ("usr/lib", "usr/lib/*", "usr/local/lib")


class Faketime:
    """Under the processes that run with its `environment`. Raises Skipped without the library."""

    def __init__(self, folder: Path, wall_clock: WallClock) -> None:
        self._wall_clock = wall_clock
        self._offset = folder / "offset"
        self.step(0)
        self.environment = {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_CACHE_DURATION": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def step(self, seconds: int) -> None:
        """Move the clock. The processes see it within a second."""
        self._wall_clock.ahead_s += seconds
        draft = self._offset.with_suffix(".draft")
        draft.write_text(f"{self._wall_clock.ahead_s:+d}\n")
        draft.replace(self._offset)


def _library() -> Path:
    for folder in _FOLDERS:
        for library in Path("/").glob(f"{folder}/{_LIBRARY}"):
            return library
    raise Skipped("no faketime (apt-get install faketime)")
