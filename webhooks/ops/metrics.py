"""The metrics of a process: what is counted as it happens. `gauges` reads what is true at a scrape.

No label grows with use: no phone, id, address or web app is one.
"""

from __future__ import annotations

from webhooks.ops.counts import Counter, Family, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_LONG_SECONDS = (5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900)
_BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 512)


class Metrics:
    """For the event loop. Each attribute is one metric."""

    def __init__(self) -> None:
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
            "textlogin_limited_total", "Codes and texts that a limit refused", ("limit",)
        )
        self.callbacks = Counter(
            "textlogin_callbacks_total", "Tries to call a web app back", ("outcome",)
        )
        self.telnyx_errors = Counter(
            "textlogin_telnyx_errors_total", "Errors of Telnyx, in answers and receipts", ("code",)
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
            "textlogin_events_total", "Lines in the log, logged or not, by event", ("event",)
        )

    def families(self) -> list[Family]:
        """All of them, as they are now."""
        return [metric.family() for metric in vars(self).values()]
