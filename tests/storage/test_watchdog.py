"""The watchdog ends a process that hangs, and no other."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.database import Database
from storage.watchdog import Watchdog

TICK_S = 0.02
END_S = 20 * TICK_S


class Ended(threading.Event):
    """What the watchdog calls to end the process."""

    reason = ""

    def __call__(self, reason: str) -> None:
        self.reason = reason
        self.set()


@pytest.fixture
def ended() -> Ended:
    return Ended()


def watchdog(database: Database, end: Callable[[str], object]) -> Watchdog:
    return Watchdog(database, tick_s=TICK_S, end=end)


async def test_a_stuck_batch_ends_the_process(database_url: str, ended: Ended) -> None:
    database = Database(database_url)
    dog = watchdog(database, ended)
    dog.start(asyncio.get_running_loop())
    with dog.watching():
        assert await asyncio.to_thread(ended.wait, 10)
    dog.stop()
    database.dispose()
    assert ended.reason == "A batch has been stuck for 10 s"


async def test_an_event_loop_that_does_not_turn_ends_the_process(
    sqlite_url: str, ended: Ended
) -> None:
    dog = watchdog(Database(sqlite_url), ended)
    dog.start(asyncio.get_running_loop())
    assert ended.wait(10)  # blocks the loop
    dog.stop()
    assert ended.reason == "The event loop has not turned for 10 s"


async def test_many_short_batches_and_a_turning_loop_are_left_alone(
    sqlite_url: str, ended: Ended
) -> None:
    dog = watchdog(Database(sqlite_url), ended)
    dog.start(asyncio.get_running_loop())
    until = time.monotonic() + 3 * END_S
    while time.monotonic() < until:
        with dog.watching():
            await asyncio.sleep(TICK_S / 4)
    dog.stop()
    assert not ended.is_set()


_STOPPED = """
import asyncio, os, sys
from storage.database import Database
from storage.watchdog import Watchdog

async def main():
    dog = Watchdog(Database("sqlite:///unused.db"), tick_s=0.05, end=lambda reason: os._exit(3))
    dog.start(asyncio.get_running_loop())
    with dog.watching():
        print("watching", flush=True)
        await asyncio.to_thread(sys.stdin.readline)

asyncio.run(main())
"""


def test_a_process_that_was_stopped_is_left_alone(tmp_path: Path) -> None:
    """It is stopped for longer than a hanging process may live: 20 ticks of 0.05 s."""
    child = subprocess.Popen(
        [sys.executable, "-c", _STOPPED],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == "watching\n"
        os.kill(child.pid, signal.SIGSTOP)
        time.sleep(2)
        os.kill(child.pid, signal.SIGCONT)
        child.stdin.write("\n")
        child.stdin.close()
        assert child.wait(10) == 0
