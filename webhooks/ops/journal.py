"""The journal: writes down what happens, in the log and in the metrics."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from time import monotonic, time
from typing import Any

from storage.commit import Commit
from storage.request import CURRENT
from webhooks.ops.log_events import Entry
from webhooks.ops.logs import Lines
from webhooks.ops.metrics import Metrics
from webhooks.ops.story import name_request, tell

#: Of what strangers can cause at will, one line in this many seconds.
QUIET_S = 60.0
#: Commits wait so long, so that many are written down together: a commit by itself takes three
#: times the CPU time, because nothing it needs is in the processor's caches.
_DELAY_S = 0.05


def soon(write: Callable[[], None]) -> None:
    """Have the running event loop write in a moment."""
    asyncio.get_running_loop().call_later(_DELAY_S, write)


class Journal:
    """For the event loop. Without `metrics` nothing is counted. `clock` in seconds. `later` has
    `write` called once commits wait."""

    def __init__(
        self,
        lines: Lines,
        metrics: Metrics | None,
        *,
        clock: Callable[[], float] = monotonic,
        later: Callable[[Callable[[], None]], None] = soon,
    ) -> None:
        self._lines = lines
        self._metrics = metrics
        self._clock = clock
        self._later = later
        self._waiting: list[tuple[float, Commit]] = []
        self._quiet_until: dict[str, float] = {}
        self._held_back: dict[str, Counter[str]] = {}

    def committed(self, commit: Commit) -> None:
        """Have a commit written down."""
        self._waiting.append((time(), commit))
        if len(self._waiting) == 1:
            self._later(self.write)

    def write(self) -> None:
        """Write down the commits that wait."""
        waiting, self._waiting = self._waiting, []
        told = [(at, tell(commit)) for at, commit in waiting]
        self._lines.write(told)
        if self._metrics is not None:
            for (_, entries), (_, commit) in zip(told, waiting, strict=True):
                self._metrics.count(entries)
                self._metrics.count_batch(commit)

    def report(self, event: str, **fields: Any) -> None:
        """Write down one event, after those that wait."""
        self.write()
        entries = [Entry(event, fields)]
        self._lines.write([(time(), entries)])
        if self._metrics is not None:
            self._metrics.count(entries)

    def refused(self, event: str, reason: str) -> None:
        """Count a refusal; log it at most once in `QUIET_S`, with how many there were since the
        last line, by reason."""
        if self._metrics is not None:
            self._metrics.events.add(event)
        held_back = self._held_back.setdefault(event, Counter())
        held_back[reason] += 1
        at = self._clock()
        if at < self._quiet_until.get(event, 0):
            return
        self._quiet_until[event] = at + QUIET_S
        count = held_back.total()
        told: dict[str, Any] = {"reason": reason, "count": count}
        if len(held_back) > 1:
            told["reasons"] = ",".join(f"{name}:{many}" for name, many in held_back.items())
        held_back.clear()
        entries = [Entry(event, told)]
        name_request(entries, CURRENT.get())
        self.write()
        self._lines.write([(time(), entries)])
