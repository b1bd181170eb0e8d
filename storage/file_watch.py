"""Notices within half a second what a command has written into a SQLite file that is being served.

PostgreSQL sends notices; SQLite does not. Each batch of the writer finds out whether another
process has written since the last one, so an idle writer needs a batch from time to time.
"""

from __future__ import annotations

import asyncio

from bot.commands import OutboxSwept
from storage.errors import Unavailable
from storage.writer import Writer

_INTERVAL_S = 0.4


async def watch_file(writer: Writer) -> None:
    """Until cancelled, submit a command that does nothing. It takes 0.05 ms, writes nothing, and
    has the writer call its subscribers to unknown commits if there is a change."""
    while True:
        await asyncio.sleep(_INTERVAL_S)
        try:
            await writer.submit(OutboxSwept(room=0))
        except Unavailable:
            continue  # the outage ends with a new connection, which counts as a change
