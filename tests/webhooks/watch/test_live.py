"""The live alone: what it keeps, what it believes, and whom it wakes."""

import asyncio
from collections.abc import Callable

from msgspec.structs import replace

from bot.records import MINUTE_MS, Verification
from tests.harness.clock import Clock
from webhooks.http.timeouts import Timeouts
from webhooks.watch.live import Entry, LiveVerifications

NOW = Clock.now
_FIRST = Verification(
    "ver_1", 1, "shop", "text", "reply", "pending", "login", None, "+14155550100", NOW,
    NOW + 15 * MINUTE_MS, 5, ref="KTQMWX",
)  # fmt: skip


def at(revision: int, id: str = "ver_1") -> Verification:
    return replace(_FIRST, id=id, revision=revision)


def revision_of(entry: Entry | None) -> int | None:
    return None if entry is None else entry.verification.revision


class Reading:
    """A database that answers when the test says so, or at once with what is there by then."""

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[Verification | None]] = []
        self.there: Verification | None = None

    async def __call__(self, id: str) -> Verification | None:
        if self.there is not None:
            return self.there
        answer: asyncio.Future[Verification | None] = asyncio.get_running_loop().create_future()
        self.asked.append(answer)
        return await answer


async def turns() -> None:
    """Whatever can go on has gone on."""
    for _ in range(10):
        await asyncio.sleep(0)


class Waiter:
    """Somebody who waits on a live."""

    def __init__(self, live: LiveVerifications, entry: Entry) -> None:
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(live.wait(entry, 20, self.gone))

    @property
    def is_woken(self) -> bool:
        return self.task.done()


async def test_the_newest_revision_is_kept() -> None:
    live = LiveVerifications(Clock(), Timeouts())
    live.put(at(2))
    assert revision_of(live.put(at(1))) == 2
    assert revision_of(live.get("ver_1")) == 2
    live.put(at(3))
    assert revision_of(live.get("ver_1")) == 3


async def test_a_read_overtaken_by_a_later_one_is_not_kept() -> None:
    live, reading = LiveVerifications(Clock(), Timeouts()), Reading()
    early = asyncio.create_task(live.load("ver_1", reading))
    await turns()
    live.forget(["ver_1"])  # somebody has changed it since
    reading.there = at(2)
    assert revision_of(await live.load("ver_1", reading)) == 2
    reading.asked[0].set_result(at(1))
    await early
    assert revision_of(live.get("ver_1")) == 2


async def test_a_read_begun_before_forget_is_not_kept() -> None:
    live, reading = LiveVerifications(Clock(), Timeouts()), Reading()
    early = asyncio.create_task(live.load("ver_1", reading))
    await turns()
    live.forget(["ver_1"])
    reading.there = at(2)
    reading.asked[0].set_result(at(1))
    await early
    assert revision_of(live.get("ver_1")) in (None, 2)


async def test_a_change_during_a_read_is_seen_or_wakes_the_waiter() -> None:
    """Whoever reads in order to wait either sees it, or is woken by it."""
    changes: list[Callable[[LiveVerifications], None]] = [
        lambda live: live.forget(["ver_1"]),
        lambda live: live.committed([at(2)]),
        lambda live: live.connect(),
    ]
    for change in changes:
        live, reading = LiveVerifications(Clock(), Timeouts()), Reading()
        early = asyncio.create_task(live.load("ver_1", reading))
        await turns()
        reading.there = at(2)
        change(live)
        reading.asked[0].set_result(at(1))
        entry = await early
        assert entry is not None
        if revision_of(entry) == 1:
            waiter = Waiter(live, entry)
            await turns()
            assert waiter.is_woken


async def test_a_commit_during_a_read_replaces_what_was_read() -> None:
    live, reading = LiveVerifications(Clock(), Timeouts()), Reading()
    early = asyncio.create_task(live.load("ver_1", reading))
    await turns()
    live.committed([at(2)])
    reading.asked[0].set_result(at(1))
    await early
    assert revision_of(live.get("ver_1")) == 2


async def test_a_read_after_a_commit_sees_it_while_disconnected() -> None:
    live, reading = LiveVerifications(Clock(), Timeouts()), Reading()
    live.disconnect()
    early = asyncio.create_task(live.load("ver_1", reading))
    await turns()
    live.committed([at(2)])
    reading.there = at(2)
    late = asyncio.create_task(live.load("ver_1", reading))
    await turns()
    assert late.done()  # the read from before the commit answers nobody who came after
    assert revision_of(await late) == 2
    reading.asked[0].set_result(at(1))
    await early


async def test_a_commit_reported_late_does_not_hide_a_later_one() -> None:
    """This process's commit is told by its writer's thread, another's by the database; the later
    may be told first."""
    live, reading = LiveVerifications(Clock(), Timeouts()), Reading()
    live.forget(["ver_1"])  # another process has committed revision 3
    live.committed([at(2)])
    assert live.get("ver_1") is None
    asking = asyncio.create_task(live.load("ver_1", reading))
    await turns()
    reading.asked[0].set_result(at(3))
    await asking
    live.committed([at(2)])
    assert revision_of(live.get("ver_1")) == 3
    live.committed([at(4)])
    assert revision_of(live.get("ver_1")) == 4


async def test_simultaneous_reads_share_one_query() -> None:
    live, reading = LiveVerifications(Clock(), Timeouts()), Reading()
    asking = [asyncio.create_task(live.load("ver_1", reading)) for _ in range(20)]
    await turns()
    asking[0].cancel()  # whoever leaves takes nobody's answer away
    await turns()
    reading.asked[0].set_result(at(1))
    for one in asking[1:]:
        assert revision_of(await one) == 1
    assert len(reading.asked) == 1


async def test_a_missing_verification_is_read_again_each_time() -> None:
    live, reading = LiveVerifications(Clock(), Timeouts()), Reading()
    for count in (1, 2):
        asking = asyncio.create_task(live.load("ver_1", reading))
        await turns()
        reading.asked[-1].set_result(None)
        assert await asking is None
        assert len(reading.asked) == count


async def test_a_failed_read_is_tried_again_by_the_next_caller() -> None:
    live, reading = LiveVerifications(Clock(), Timeouts()), Reading()
    failing = asyncio.create_task(live.load("ver_1", reading))
    await turns()
    reading.asked[0].set_exception(ConnectionError())
    await asyncio.wait([failing])
    assert isinstance(failing.exception(), ConnectionError)
    working = asyncio.create_task(live.load("ver_1", reading))
    await turns()
    reading.asked[1].set_result(at(1))
    assert revision_of(await working) == 1


async def test_the_oldest_entry_is_dropped_above_the_capacity() -> None:
    live = LiveVerifications(Clock(), Timeouts(), capacity=3)
    for number in range(1, 6):
        live.put(at(1, f"ver_{number}"))
    kept = [number for number in range(1, 6) if live.get(f"ver_{number}") is not None]
    assert kept == [3, 4, 5]


async def test_entries_are_bypassed_while_disconnected() -> None:
    live = LiveVerifications(Clock(), Timeouts())
    live.put(at(1))
    live.disconnect()
    assert live.get("ver_1") is None
    assert revision_of(live.put(at(2))) == 2
    live.committed([at(2)])
    assert live.get("ver_1") is None
    live.connect()
    assert live.get("ver_1") is None  # until it is read anew
    live.put(at(2))
    assert revision_of(live.get("ver_1")) == 2


async def test_every_possible_change_wakes_the_waiters() -> None:
    changes: list[Callable[[LiveVerifications], None]] = [
        lambda live: live.committed([at(2)]),
        lambda live: live.forget(["ver_1"]),
        lambda live: live.disconnect(),
        lambda live: live.connect(),
        lambda live: live.close(),
    ]
    for change in changes:
        live = LiveVerifications(Clock(), Timeouts())
        waiters = [Waiter(live, live.put(at(1))) for _ in range(3)]
        aside = Waiter(live, live.put(at(1, "ver_2")))
        await turns()
        assert live.waiting == 4
        live.committed([at(1, "ver_3")])
        await turns()
        assert not any(waiter.is_woken for waiter in waiters)
        change(live)
        await turns()
        assert all(waiter.is_woken for waiter in waiters)
        aside.gone.set_result(None)
        await aside.task
        assert live.waiting == 0


async def test_a_client_that_is_gone_no_longer_waits_on_the_entry() -> None:
    live = LiveVerifications(Clock(), Timeouts())
    entry = live.put(at(1))
    going, cancelled, staying = (Waiter(live, entry) for _ in range(3))
    await turns()
    going.gone.set_result(None)
    cancelled.task.cancel()
    await asyncio.wait([going.task, cancelled.task])
    assert live.waiting == 1
    assert not staying.is_woken
    live.committed([at(2)])
    await staying.task


async def test_after_close_a_wait_returns_at_once() -> None:
    live = LiveVerifications(Clock(), Timeouts())
    entry = live.put(at(1))
    live.close()
    await asyncio.wait_for(Waiter(live, entry).task, 1)
    assert live.waiting == 0


async def test_after_close_entries_are_still_served_from_memory() -> None:
    """Ten thousand who are woken at once are answered from what is known."""
    live = LiveVerifications(Clock(), Timeouts())
    live.put(at(1))
    live.close()
    assert revision_of(live.get("ver_1")) == 1


async def test_an_entry_shows_what_time_has_changed() -> None:
    clock = Clock()
    live = LiveVerifications(clock, Timeouts())
    entry = live.put(at(1))
    pending = entry.etag, entry.body(clock.now, masked=False)
    clock.advance(15 * MINUTE_MS - 1)
    same = live.get("ver_1")
    assert same is not None
    assert (same.etag, same.body(clock.now, masked=False)) == pending
    clock.advance(1)
    expired = live.get("ver_1")
    assert expired is not None
    assert expired.etag != pending[0]
    assert b'"status":"expired"' in expired.body(clock.now, masked=False)
    assert b'"status":"expired"' in expired.body(clock.now, masked=True)
