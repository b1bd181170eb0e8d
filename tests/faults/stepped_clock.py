"""The machine's wall clock as the service sees it, stepped by Debian's faketime.

Telnyx signs by the same clock. The monotonic clock does not step, as on a real machine.
"""

from __future__ import annotations

from pathlib import Path

from tests.faults.fault import Skipped
from tests.faults.wall_clock import WallClock

_LIBRARY = "faketime/libfaketimeMT.so.1"
_FOLDERS = ("usr/lib", "usr/lib/*", "usr/local/lib")


class SteppedClock:
    """Under the processes that run with its `environment`. Raises Skipped without faketime."""

    def __init__(self, folder: Path, wall_clock: WallClock) -> None:
        self._wall_clock = wall_clock
        self._offset = folder / "clock"
        libraries = [one for place in _FOLDERS for one in Path("/").glob(f"{place}/{_LIBRARY}")]
        if not libraries:
            raise Skipped("no faketime (apt-get install faketime)")
        self.environment = {
            "LD_PRELOAD": str(libraries[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        self.step(0)

    def step(self, seconds: int) -> None:
        """Move the clock at once."""
        ahead_s = self._wall_clock.ahead_s + seconds
        draft = self._offset.with_suffix(".draft")
        draft.write_text(f"{ahead_s:+d}\n")
        draft.replace(self._offset)
        self._wall_clock.ahead_s = ahead_s
