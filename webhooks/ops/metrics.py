"""The metrics of a process: what is counted as it happens. `gauges` reads what is true at a scrape.

No label grows with use: no phone, id, address or web app is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.phone import region_of
from bot.telnyx_errors import NAMES
from storage.commit import Commit
from webhooks.ops.counts import Counter, Family, Histogram
from webhooks.ops.log_events import EVENTS, Entry
from webhooks.ops.story import ended

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_LONG_SECONDS = (5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900)
#: Events that are refusals, and the name of the limit where they do not name one.
_LIMITS = {"limited": "", "guard_refused": "fraud_guard", "page_door_closed": "page_door"}
_BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 512)


class Metrics:
    """For the event loop. Each attribute is one metric."""

    def __init__(self, regions: tuple[str, ...] = ()) -> None:
        self._regions = frozenset(regions)
        self.webhooks = Counter(
            "textlogin_webhooks_total", "Webhooks of Telnyx, answered", ("event", "outcome")
        )
        self.webhook_seconds = Histogram(
            "textlogin_webhook_seconds", "Time until a webhook was answered", _SECONDS
        )
        self.texts = Counter(
            "textlogin_texts_total", "Our texts, by what became of them", ("kind", "outcome")
        )
        self.verifications = Counter(
            "textlogin_verifications_total",
            "Verifications, as they were opened and as they ended",
            ("method", "status", "reason", "binding"),
        )
        self.time_to_approve = Histogram(
            "textlogin_time_to_approve_seconds",
            "Time from the opening of a verification to its approval",
            _LONG_SECONDS,
        )
        self.codes = Counter(
            "textlogin_codes_total",
            "Texts with a code, by who asked for it, where to, and what became of it",
            ("door", "country", "outcome"),
        )
        self.limited = Counter(
            "textlogin_limited_total",
            "Codes that a limit refused",
            ("limit",),
            *(("codes_per_day_total",), ("texts_per_day_total",), ("fraud_guard",)),
        )
        self.callbacks = Counter(
            "textlogin_callbacks_total",
            "Tries to call a web app back",
            ("outcome",),
            *(("delivered",), ("retried",), ("failed",), ("disabled",)),
        )
        self.telnyx_errors = Counter(
            "textlogin_telnyx_errors_total",
            "Errors of Telnyx, in answers and receipts",
            ("code",),
            *((code,) for code in NAMES),
            ("other",),
        )
        self.batch_size = Histogram(
            "textlogin_writer_batch_size", "Commands in a committed batch", _BATCH_SIZES
        )
        self.writer_seconds = Histogram(
            "textlogin_writer_seconds",
            "Time that a batch took",
            _SECONDS,
            ("step",),
            *(("gather",), ("decide",), ("commit",)),
        )
        self.events = Counter(
            "textlogin_events_total",
            "Events of the log, whether their level is logged or not",
            ("event",),
            *((event,) for event in EVENTS),
        )

    def families(self) -> list[Family]:
        """All of them, as they are now."""
        metrics = vars(self).values()
        return [one.family() for one in metrics if isinstance(one, Counter | Histogram)]

    def count_webhook(self, event: str, outcome: str, seconds: float) -> None:
        """A webhook was answered."""
        self.webhooks.add(event, outcome)
        self.webhook_seconds.observe(seconds)

    def count_batch(self, commit: Commit) -> None:
        """A batch was committed: how long it took, and which verifications it opened and ended."""
        self.batch_size.observe(len(commit.decided))
        for step, seconds in commit.steps._asdict().items():
            self.writer_seconds.observe(seconds, step)
        for decided in commit.decided:
            for one in decided.decision.rows.verifications.values():
                if one.revision == 1:
                    self.verifications.add(one.method, "opened", "", "")
            for one in ended(decided, commit.now) if decided.decision.rows.verifications else ():
                labels = one.status, one.reason or "", one.binding or ""
                self.verifications.add(one.method, *labels)

    def count(self, entries: Iterable[Entry]) -> None:
        """Entries of the log."""
        add_event = self.events.add
        for one in entries:
            add_event(one.event)
            count = _COUNTED.get(one.event)
            if count is not None:
                count(self, one.event, one.fields, one.phone)

    def count_message(self, event: str, fields: Mapping[str, Any], phone: str) -> None:
        """One of our texts."""
        outcome = event[5:]  # after code_ or text_
        self.texts.add(fields["kind"], outcome)
        if "door" in fields:
            self.codes.add(fields["door"], self._country(phone), outcome)
        if code := fields.get("error"):
            self.telnyx_errors.add(code if code in NAMES else "other")

    def count_callback(self, event: str, fields: Mapping[str, Any], phone: str) -> None:
        """One try to call a web app back."""
        self.callbacks.add(event.removeprefix("callback_"))

    def count_approval(self, event: str, fields: Mapping[str, Any], phone: str) -> None:
        """An approval."""
        self.time_to_approve.observe(fields["seconds"])

    def count_refusal(self, event: str, fields: Mapping[str, Any], phone: str) -> None:
        """A refusal by a limit."""
        self.limited.add(_LIMITS[event] or fields["limit"])

    def _country(self, phone: str) -> str:
        region = region_of(phone)
        return region if region is not None and region in self._regions else "other"


_COUNTED: Mapping[str, Callable[[Metrics, str, Mapping[str, Any], str], None]] = {
    **{event: Metrics.count_message for event, kind in EVENTS.items() if "kind" in kind.fields},
    **{event: Metrics.count_callback for event in EVENTS if event.startswith("callback_")},
    **dict.fromkeys(_LIMITS, Metrics.count_refusal),
    "approved": Metrics.count_approval,
}
