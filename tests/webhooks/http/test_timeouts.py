"""Timeouts: each fires once, at its time and not before, unless it is unset."""

import asyncio
from typing import Any

from tests.harness.clock import LoopClock
from tests.harness.eventually import run_what_is_due
from webhooks.http.timeouts import Timeouts


def future() -> "asyncio.Future[None]":
    return asyncio.get_running_loop().create_future()


def fire(one: "asyncio.Future[Any]") -> None:
    one.set_result(None)  # raises a second time


async def test_each_timeout_fires_at_its_time_whatever_the_order() -> None:
    clock, timeouts = LoopClock(), Timeouts()
    began, waiting = clock(), {seconds: future() for seconds in (30, 10, 20, 40)}
    for seconds, one in waiting.items():
        timeouts.schedule(one, seconds, fire)
    for seconds in (10, 20, 30, 40):
        clock.advance(began + seconds - 5 - clock())
        await run_what_is_due()
        assert not waiting[seconds].done()
        clock.advance(began + seconds + 0.1 - clock())
        await run_what_is_due()
        assert waiting[seconds].done()


async def test_a_timeout_that_was_unset_does_not_fire() -> None:
    clock, timeouts = LoopClock(), Timeouts()
    unset, other = future(), future()
    timeouts.cancel(unset, timeouts.schedule(unset, 10, fire))
    slot = timeouts.schedule(other, 10, fire)
    clock.advance(10.1)
    await run_what_is_due()
    assert other.done()
    assert not unset.done()
    timeouts.cancel(other, slot)  # unsetting one that has fired is no error


async def test_a_timeout_fires_after_a_pause_without_any() -> None:
    clock, timeouts = LoopClock(), Timeouts()
    for _ in range(3):
        one = future()
        timeouts.schedule(one, 5, fire)
        clock.advance(5.1)
        await run_what_is_due()
        assert one.done()


async def test_a_limit_ends_only_the_block_that_takes_too_long() -> None:
    clock, timeouts = LoopClock(), Timeouts()

    async def held(seconds: float) -> str:
        try:
            with timeouts.limit(seconds):
                await future()
        except TimeoutError:
            return "timed out"
        return "done"

    with timeouts.limit(1):
        await asyncio.sleep(0)
    slow, slower = (asyncio.create_task(held(seconds)) for seconds in (10, 100))
    await run_what_is_due()
    clock.advance(11)
    await run_what_is_due()
    assert slow.result() == "timed out"
    slower.cancel()
    await asyncio.wait([slower])
    assert slower.cancelled()
