"""The commands that wait for the writer: bounded, first come, first served.

The event loop adds commands; the writer's thread takes them in batches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from queue import Empty, SimpleQueue

from msgspec import Struct

from bot.commands import Command
from bot.outcomes import Outcome
from storage.errors import QueueFull, Stopped
from storage.request import CURRENT, Request

LARGEST_BATCH = 512
#: A command holds no message body and at most 3 KiB, so 10,000 take less than 32 MiB.
LONGEST_QUEUE = 10_000


class Waiting(Struct, frozen=True):
    """A command, the future of its caller, and the request that it comes from, if any."""

    command: Command
    caller: asyncio.Future[Outcome]
    request: Request | None


class CommandQueue:
    """Holds each command from `add` until `answered`. It is closed until `open`."""

    def __init__(self) -> None:
        self._handed_over: SimpleQueue[list[Waiting] | None] = SimpleQueue()
        self._added: list[Waiting] = []
        self._size = 0
        self._is_open = False

    # -- the event loop ------------------------------------------------------------------------

    def open(self) -> None:
        """Accept commands."""
        self._is_open = True

    def add(self, command: Command) -> asyncio.Future[Outcome]:
        """Queue a command; its caller awaits the future. Raises QueueFull, Stopped."""
        if not self._is_open:
            raise Stopped("the writer is not running")
        if self._size >= LONGEST_QUEUE:
            raise QueueFull("too many commands are waiting")
        caller: asyncio.Future[Outcome] = asyncio.Future()
        if not self._added:  # once per iteration of the loop, not once per command
            caller.get_loop().call_soon(self._hand_over)
        self._added.append(Waiting(command, caller, CURRENT.get()))
        self._size += 1
        return caller

    def answered(self, count: int) -> None:
        """That many commands have their answers and no longer count as waiting."""
        self._size -= count

    def close(self) -> None:
        """Accept no more commands; `batches` ends after those that were accepted."""
        if self._is_open:
            self._is_open = False
            self._hand_over()
            self._handed_over.put(None)

    def _hand_over(self) -> None:
        added, self._added = self._added, []
        if added:
            self._handed_over.put(added)

    # -- the writer's thread -------------------------------------------------------------------

    def batches(self) -> Iterator[list[Waiting]]:
        """Wait for commands and yield them in batches, until the queue is closed and empty."""
        left: list[Waiting] = []
        while (first := left or self._handed_over.get()) is not None:
            waiting = self._fill(first)
            left = waiting[LARGEST_BATCH:]
            yield waiting[:LARGEST_BATCH]

    def _fill(self, waiting: list[Waiting]) -> list[Waiting]:
        """Add further waiting commands, until there are enough for a batch."""
        while len(waiting) < LARGEST_BATCH:
            try:
                more = self._handed_over.get_nowait()
            except Empty:
                break
            if more is None:
                self._handed_over.put(None)  # ends `batches` once this batch is written
                break
            waiting = waiting + more
        return waiting
