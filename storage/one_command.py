"""Carries out one command in a process that does not serve, by a writer of its own.

The writers of all processes take turns: on PostgreSQL by an advisory lock, on SQLite by the file's
lock. The serving processes are told by NOTIFY, or find out by `file_watch`.
"""

from __future__ import annotations

import asyncio

from bot.commands import Command
from bot.outcomes import Outcome
from bot.policy import Policy
from storage.clock import Clock
from storage.database import Database
from storage.writer import Writer


def carry_out(database: Database, policy: Policy, clock: Clock, command: Command) -> Outcome:
    """The outcome, after its COMMIT. Raises Unavailable. Only for commands that send no text: no
    process would send it before its lease ends."""
    return asyncio.run(_carry_out(database, policy, clock, command))


async def _carry_out(database: Database, policy: Policy, clock: Clock, command: Command) -> Outcome:
    writer = Writer(database, policy, clock=clock)
    writer.start()
    try:
        return await writer.submit(command)
    finally:
        await writer.stop()
