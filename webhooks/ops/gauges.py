"""What is true of a process and of its database at the moment of a scrape."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib import metadata

from storage.errors import Unavailable
from storage.outage import Outage
from storage.queries import Outbox, Reader
from webhooks.ops.counts import Family, Labels, gauge
from webhooks.ops.metrics import Metrics
from webhooks.watch.live import LiveVerifications


class Gauges:
    """Reads all metrics of a process. `clock` in ms; `balance` is None while it is not known;
    `count_now` counts what waits to be counted."""

    def __init__(
        self,
        metrics: Metrics,
        *,
        reader: Reader,
        outage: Outage,
        live: LiveVerifications,
        clock: Callable[[], int],
        balance: Callable[[], float | None],
        count_now: Callable[[], None],
    ) -> None:
        self._metrics = metrics
        self._reader = reader
        self._outage = outage
        self._live = live
        self._clock = clock
        self._balance = balance
        self._count_now = count_now
        self._build = build_info()

    async def collect(self) -> list[Family]:
        """Every family. Without the database, those that are read from it are left out."""
        self._count_now()
        try:
            outbox = await self._reader.outbox()
        except Unavailable:
            outbox = None
        is_up = outbox is not None and not self._outage.is_on
        balance = self._balance()
        return [
            *self._metrics.families(),
            *(self._of(outbox) if outbox is not None else ()),
            *(() if balance is None else (_spendable(balance),)),
            gauge("textlogin_database_up", "1 if the database can be read and written", is_up),
            gauge("textlogin_waiters", "Polls and streams that wait", self._live.waiting),
            self._build,
        ]

    def _of(self, outbox: Outbox) -> tuple[Family, Family]:
        waited_ms = 0 if outbox.oldest is None else max(self._clock() - outbox.oldest, 0)
        return (
            gauge("textlogin_outbox_size", "Our texts that are not sent yet", outbox.size),
            gauge(
                "textlogin_outbox_oldest_seconds",
                "How long the oldest of them has waited",
                waited_ms / 1000,
            ),
        )


def _spendable(balance: float) -> Family:
    return gauge(
        "textlogin_telnyx_balance",
        "What can be spent at Telnyx, in the account's currency",
        balance,
    )


def version() -> str:
    """This service's version."""
    try:
        return metadata.version("textlogin")
    except metadata.PackageNotFoundError:  # run from a folder
        return "unknown"


def build_info() -> Family:
    """1, with the versions as labels."""
    values: dict[Labels, float] = {(version(), platform.python_version()): 1}
    return gauge("textlogin_build_info", "Versions", values, ("version", "python"))
