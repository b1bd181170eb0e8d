"""The journal: writes down what happens, in the log and in the metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from time import monotonic
from typing import Any

from storage.commit import Commit
from storage.request import CURRENT
from webhooks.ops.log_events import Entry
from webhooks.ops.logs import Lines
from webhooks.ops.metrics import Metrics
from webhooks.ops.story import name_request, tell

#: Of what strangers can cause at will, one line in this many seconds.
QUIET_S = 60.0


class Journal:
    """For the event loop. Without `metrics` nothing is counted. `clock` in seconds."""

    def __init__(
        self, lines: Lines, metrics: Metrics | None, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._lines = lines
        self._metrics = metrics
        self._clock = clock
        self._quiet_until: dict[str, float] = {}
        self._held_back: dict[str, Counter[str]] = {}

    def committed(self, commit: Commit) -> None:
        """Write down a commit."""
        self._write(tell(commit))
        if self._metrics is not None:
            self._metrics.count_batch(commit)

    def report(self, event: str, **fields: Any) -> None:
        """Write down one event."""
        self._write([Entry(event, fields)])

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
        self._lines.write(entries)

    def _write(self, entries: list[Entry]) -> None:
        if entries:
            self._lines.write(entries)
            if self._metrics is not None:
                self._metrics.count(entries)
