"""LiveVerifications alone: which entries it keeps and serves, and which waiters it wakes."""

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


def verification(revision: int, id: str = "ver_1") -> Verification:
    return replace(_FIRST, id=id, revision=revision)


def revision_of(entry: Entry | None) -> int | None:
    return None if entry is None else entry.verification.revision


class DatabaseRead:
    """A database read: answered by the test, or at once with `found`."""

    def __init__(self) -> None:
        self.calls: list[asyncio.Future[Verification | None]] = []
        self.found: Verification | None = None

    async def __call__(self, id: str) -> Verification | None:
        if self.found is not None:
            return self.found
        answer: asyncio.Future[Verification | None] = asyncio.get_running_loop().create_future()
        self.calls.append(answer)
        return await answer


async def run_ready() -> None:
    """Lets the loop run what is ready."""
    for _ in range(10):
        await asyncio.sleep(0)


class Waiter:
    """A client that waits on an entry."""

    def __init__(self, live: LiveVerifications, entry: Entry) -> None:
        self.disconnected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(live.wait(entry, 20, self.disconnected))

    @property
    def is_woken(self) -> bool:
        return self.task.done()


async def test_the_newest_revision_is_kept() -> None:
    live = LiveVerifications(Clock(), Timeouts())
    live.put(verification(2))
    assert revision_of(live.put(verification(1))) == 2
    assert revision_of(live.get("ver_1")) == 2
    live.put(verification(3))
    assert revision_of(live.get("ver_1")) == 3


async def test_a_read_overtaken_by_a_later_one_is_not_kept() -> None:
    live, read = LiveVerifications(Clock(), Timeouts()), DatabaseRead()
    early = asyncio.create_task(live.load("ver_1", read))
    await run_ready()
    live.forget(["ver_1"])  # another process has changed it since
    read.found = verification(2)
    assert revision_of(await live.load("ver_1", read)) == 2
    read.calls[0].set_result(verification(1))
    await early
    assert revision_of(live.get("ver_1")) == 2


async def test_a_read_begun_before_forget_is_not_kept() -> None:
    live, read = LiveVerifications(Clock(), Timeouts()), DatabaseRead()
    early = asyncio.create_task(live.load("ver_1", read))
    await run_ready()
    live.forget(["ver_1"])
    read.found = verification(2)
    read.calls[0].set_result(verification(1))
    await early
    assert revision_of(live.get("ver_1")) in (None, 2)


async def test_a_change_during_a_read_is_seen_or_wakes_the_waiter() -> None:
    """A client that reads and then waits either sees the change or is woken by it."""
    changes: list[Callable[[LiveVerifications], None]] = [
        lambda live: live.forget(["ver_1"]),
        lambda live: live.committed([verification(2)]),
        lambda live: live.connect(),
    ]
    for change in changes:
        live, read = LiveVerifications(Clock(), Timeouts()), DatabaseRead()
        early = asyncio.create_task(live.load("ver_1", read))
        await run_ready()
        read.found = verification(2)
        change(live)
        read.calls[0].set_result(verification(1))
        entry = await early
        assert entry is not None
        if revision_of(entry) == 1:
            waiter = Waiter(live, entry)
            await run_ready()
            assert waiter.is_woken


async def test_a_commit_during_a_read_replaces_what_was_read() -> None:
    live, read = LiveVerifications(Clock(), Timeouts()), DatabaseRead()
    early = asyncio.create_task(live.load("ver_1", read))
    await run_ready()
    live.committed([verification(2)])
    read.calls[0].set_result(verification(1))
    await early
    assert revision_of(live.get("ver_1")) == 2


async def test_a_read_after_a_commit_sees_it_while_disconnected() -> None:
    live, read = LiveVerifications(Clock(), Timeouts()), DatabaseRead()
    live.disconnect()
    early = asyncio.create_task(live.load("ver_1", read))
    await run_ready()
    live.committed([verification(2)])
    read.found = verification(2)
    late = asyncio.create_task(live.load("ver_1", read))
    await run_ready()
    assert late.done()  # not by the read that began before the commit
    assert revision_of(await late) == 2
    read.calls[0].set_result(verification(1))
    await early


async def test_a_commit_reported_late_does_not_hide_a_later_one() -> None:
    """Commits of this process are reported by its writer's thread, those of others by the
    database: the later one may be reported first."""
    live, read = LiveVerifications(Clock(), Timeouts()), DatabaseRead()
    live.forget(["ver_1"])  # another process has committed revision 3
    live.committed([verification(2)])
    assert live.get("ver_1") is None
    asking = asyncio.create_task(live.load("ver_1", read))
    await run_ready()
    read.calls[0].set_result(verification(3))
    await asking
    live.committed([verification(2)])
    assert revision_of(live.get("ver_1")) == 3
    live.committed([verification(4)])
    assert revision_of(live.get("ver_1")) == 4


async def test_simultaneous_reads_share_one_query() -> None:
    live, read = LiveVerifications(Clock(), Timeouts()), DatabaseRead()
    asking = [asyncio.create_task(live.load("ver_1", read)) for _ in range(20)]
    await run_ready()
    asking[0].cancel()  # the others still get the answer
    await run_ready()
    read.calls[0].set_result(verification(1))
    for one in asking[1:]:
        assert revision_of(await one) == 1
    assert len(read.calls) == 1


async def test_a_missing_verification_is_read_again_each_time() -> None:
    live, read = LiveVerifications(Clock(), Timeouts()), DatabaseRead()
    for count in (1, 2):
        asking = asyncio.create_task(live.load("ver_1", read))
        await run_ready()
        read.calls[-1].set_result(None)
        assert await asking is None
        assert len(read.calls) == count


async def test_a_failed_read_is_tried_again_by_the_next_caller() -> None:
    live, read = LiveVerifications(Clock(), Timeouts()), DatabaseRead()
    failing = asyncio.create_task(live.load("ver_1", read))
    await run_ready()
    read.calls[0].set_exception(ConnectionError())
    await asyncio.wait([failing])
    assert isinstance(failing.exception(), ConnectionError)
    working = asyncio.create_task(live.load("ver_1", read))
    await run_ready()
    read.calls[1].set_result(verification(1))
    assert revision_of(await working) == 1


async def test_the_oldest_entry_is_dropped_above_the_capacity() -> None:
    live = LiveVerifications(Clock(), Timeouts(), capacity=3)
    for number in range(1, 6):
        live.put(verification(1, f"ver_{number}"))
    kept = [number for number in range(1, 6) if live.get(f"ver_{number}") is not None]
    assert kept == [3, 4, 5]


async def test_entries_are_bypassed_while_disconnected() -> None:
    live = LiveVerifications(Clock(), Timeouts())
    live.put(verification(1))
    live.disconnect()
    assert live.get("ver_1") is None
    assert revision_of(live.put(verification(2))) == 2
    live.committed([verification(2)])
    assert live.get("ver_1") is None
    live.connect()
    assert live.get("ver_1") is None  # until it is read again
    live.put(verification(2))
    assert revision_of(live.get("ver_1")) == 2


async def test_every_possible_change_wakes_the_waiters() -> None:
    changes: list[Callable[[LiveVerifications], None]] = [
        lambda live: live.committed([verification(2)]),
        lambda live: live.forget(["ver_1"]),
        lambda live: live.disconnect(),
        lambda live: live.connect(),
        lambda live: live.close(),
    ]
    for change in changes:
        live = LiveVerifications(Clock(), Timeouts())
        waiters = [Waiter(live, live.put(verification(1))) for _ in range(3)]
        other = Waiter(live, live.put(verification(1, "ver_2")))
        await run_ready()
        assert live.waiting == 4
        live.committed([verification(1, "ver_3")])
        await run_ready()
        assert not any(waiter.is_woken for waiter in waiters)
        change(live)
        await run_ready()
        assert all(waiter.is_woken for waiter in waiters)
        other.disconnected.set_result(None)
        await other.task
        assert live.waiting == 0


async def test_a_client_that_is_gone_no_longer_waits_on_the_entry() -> None:
    live = LiveVerifications(Clock(), Timeouts())
    entry = live.put(verification(1))
    going, cancelled, staying = (Waiter(live, entry) for _ in range(3))
    await run_ready()
    going.disconnected.set_result(None)
    cancelled.task.cancel()
    await asyncio.wait([going.task, cancelled.task])
    assert live.waiting == 1
    assert not staying.is_woken
    live.committed([verification(2)])
    await staying.task


async def test_after_close_a_wait_returns_at_once() -> None:
    live = LiveVerifications(Clock(), Timeouts())
    entry = live.put(verification(1))
    live.close()
    await asyncio.wait_for(Waiter(live, entry).task, 1)
    assert live.waiting == 0


async def test_after_close_entries_are_still_served_from_memory() -> None:
    """Ten thousand waiters woken at once are answered from memory."""
    live = LiveVerifications(Clock(), Timeouts())
    live.put(verification(1))
    live.close()
    assert revision_of(live.get("ver_1")) == 1


async def test_an_entry_shows_what_time_has_changed() -> None:
    clock = Clock()
    live = LiveVerifications(clock, Timeouts())
    entry = live.put(verification(1))
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
