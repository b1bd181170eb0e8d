"""Deletes what is older than the retention: daily by itself, and for `textlogin purge`.

The readers look for it, a page at a time, and the writer deletes it by its keys, so that no batch
of the writer takes much longer than usual.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from bot import retention
from bot.commands import RowsPurged
from bot.records import DAY_MS, TABLES
from storage.clock import Clock
from storage.errors import Unavailable
from storage.queries import Reader
from storage.turns import Submit, takes_turn

log = logging.getLogger("textlogin.purge")

#: Rows that are read, and at most deleted, at once.
PAGE = 250
#: Between two pages, in the service.
PAUSE_S = 0.05
#: The service's own value with the time (ms) of the last daily purge.
PURGED_AT = "purged_at"
#: The service looks whether a purge is due: first so long after its start, then so often.
FIRST_S, INTERVAL_S = 60.0, 600.0


class Purge:
    """Deletes what is more than `days` old."""

    def __init__(
        self, reader: Reader, submit: Submit, clock: Clock, *, days: int, pause_s: float = PAUSE_S
    ) -> None:
        self._reader = reader
        self._submit = submit
        self._clock = clock
        self._age_ms = days * DAY_MS
        self._pause_s = pause_s

    async def run(self, progress: Callable[[str, int], None] | None = None) -> Counter[str]:
        """Purge every table once; how many rows of each were over. Raises Unavailable.

        `progress` is called after each page with the table and the rows of it that were over.
        """
        now, found = self._clock(), Counter[str]()
        for table in retention.PURGED:
            after: str | int | None = -1 if table == "usage" else ""
            while after is not None:
                after, over = await self._page(table, after, now)
                found[table] += over
                if progress is not None:
                    progress(table, found[table])
                await asyncio.sleep(self._pause_s)
        return found

    async def daily(self, *, first_s: float = FIRST_S, interval_s: float = INTERVAL_S) -> None:
        """Purge once a day, by one process of all. Runs until it is cancelled."""
        await asyncio.sleep(first_s)
        while True:
            try:
                if await self.is_due():
                    log.info("Deleted what is over: %s", describe(await self.run()))
            except Unavailable as error:
                log.debug("Cannot purge now: %s", error)
            await asyncio.sleep(interval_s)

    async def is_due(self) -> bool:
        """Whether this process is the first to begin today's."""
        return await takes_turn(self._reader, self._submit, PURGED_AT, self._clock(), DAY_MS)

    async def _page(self, table: str, after: str | int, now: int) -> tuple[str | int | None, int]:
        """Purge one page. The key after which the next one begins, None after the last, and how
        many rows were over."""
        before, key = now - self._age_ms, TABLES[table].key[0]
        rows = await self._reader.page(table, after, PAGE)
        over = [getattr(one, key) for one in rows if retention.rest(one, before, now) != one]
        if over:
            await self._submit(RowsPurged(table, tuple(over), before))
        is_last = len(rows) < PAGE or retention.is_young(rows[-1], before)
        return None if is_last else getattr(rows[-1], key), len(over)


def describe(found: Counter[str]) -> str:
    """Counts by table, such as `12 messages, 3 phones`; `nothing`."""
    return ", ".join(f"{count} {table}" for table, count in found.items() if count) or "nothing"
