"""Wait for a condition, or let the event loop run everything that is due."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds to wait for a condition before the test fails: in this process, in child processes.
PATIENCE_S = 30.0
PROCESS_PATIENCE_S = 120.0


async def eventually(probe: Callable[[], Awaitable[T | None]], patience_s: float = PATIENCE_S) -> T:
    """Call the probe until it returns something true, and return that."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience_s
    while True:
        found = await probe()
        if found:
            return found
        assert loop.time() < deadline, f"not within {patience_s} s"
        await asyncio.sleep(0.005)


async def until(holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """The same for a condition that needs no await."""

    async def probe() -> bool:
        return holds()

    await eventually(probe, patience_s)


def wait_for(probe: Callable[[], T], patience_s: float = PROCESS_PATIENCE_S) -> T:
    """The same without an event loop."""
    deadline = time.monotonic() + patience_s
    while not (found := probe()):
        assert time.monotonic() < deadline, f"not within {patience_s} s"
        time.sleep(0.02)
    return found


async def run_what_is_due(turns: int = 200) -> None:
    """Give the loop and its threads time to do everything that is due."""
    for _ in range(turns):
        await asyncio.sleep(0.0001)
