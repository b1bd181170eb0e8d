"""Takes over what processes that are gone had leased, before their leases end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from bot.commands import HoldersLost
from storage.errors import Unavailable
from storage.queries import Reader
from storage.writer import Writer

log = logging.getLogger("textlogin.writer")


class Takeover:
    """One at a time, on the event loop. If it fails, the leases end by themselves."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader
        self._task: asyncio.Task[None] | None = None

    def begin(self, holders: Sequence[str]) -> None:
        """Take over from these lease owners, unless a takeover is under way."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._take_over(holders))

    async def of_earlier_processes(self) -> None:
        """Take over everything. Only for a SQLite file, whose lock proves that no other process
        serves it."""
        try:
            holders = await self._reader.lease_holders()
        except Unavailable as error:
            log.debug("Cannot read the leases of earlier processes: %s", error)
            return
        if earlier := [holder for holder in holders if holder != self._writer.slots.owner]:
            await self._take_over(earlier)

    async def _take_over(self, holders: Sequence[str]) -> None:
        try:
            await self._writer.submit(HoldersLost(tuple(holders)))
        except Unavailable as error:
            log.debug("Cannot take over leases: %s", error)
