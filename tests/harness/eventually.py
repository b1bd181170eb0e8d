"""Waiting until something is true, and letting the event loop run what is due."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds until a condition that does not come fails the test: in this process, in children.
PATIENCE_S = 10.0
PROCESS_PATIENCE_S = 30.0


async def eventually(probe: Callable[[], Awaitable[T | None]], patience_s: float = PATIENCE_S) -> T:
    """What the probe finds, asked again until it is something."""
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
    """Gives the loop and its threads time, so that what has not happened then will not."""
    for _ in range(turns):
        await asyncio.sleep(0.0001)
