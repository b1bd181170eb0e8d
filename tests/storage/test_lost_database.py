"""A database that is lost in the middle of a batch, and comes back."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from bot.commands import (
    Command,
)
from bot.outcomes import Duplicate, Outcome, Recorded
from storage.errors import Unavailable
from tests.harness.database_proxy import database_proxy
from tests.harness.postgres import Postgres
from tests.harness.running_writer import RunningWriter, phones, running_writer, text


async def gather(*futures: "asyncio.Future[Outcome]") -> list[Outcome | BaseException]:
    return await asyncio.gather(*futures, return_exceptions=True)


async def once_more(writer: RunningWriter, command: Command) -> Outcome:
    """Submits the same until the database is back, as Telnyx and the sender do."""
    for _ in range(200):
        try:
            return await writer.submit(command)
        except Unavailable:
            await asyncio.sleep(0.02)
    raise AssertionError("the database did not come back")


async def interrupted(
    url: str, at_commit: Callable[[], bool], afterwards: Callable[[], None] = lambda: None
) -> Outcome:
    """A LOGIN whose COMMIT meets `at_commit`; then the same again, and its outcome."""
    with database_proxy(url) as proxy:
        async with running_writer(proxy.url) as writer:
            assert await writer.submit(text(phones(1)[0])) == Recorded()
            command = text()
            proxy.at_commit = at_commit
            with pytest.raises(Unavailable):
                await writer.submit(command)
            assert proxy.at_commit is None
            assert len(writer.commits) == 1  # nothing was passed to the sender
            assert writer.slots.in_use == 1
            afterwards()
            outcome = await once_more(writer, command)
            assert (
                writer.count("verifications")
                == writer.count("messages")
                == writer.count("phones")
                == 2
            )
            assert writer.poisoned == 0
            return outcome


async def test_a_database_locked_for_too_long_is_unavailable_and_recovers(
    database_url: str,
) -> None:
    async with running_writer(database_url) as writer:
        with writer.blocked():
            began = time.monotonic()
            (answer,) = await gather(writer.submit(text()))
            assert time.monotonic() - began < 10
        assert isinstance(answer, Unavailable)
        assert writer.poisoned == 0
        assert await writer.submit(text()) == Recorded()
        assert writer.count("verifications") == 1


async def test_a_commit_that_never_reaches_the_server_changes_nothing(postgresql_url: str) -> None:
    assert await interrupted(postgresql_url, lambda: False) == Recorded()


async def test_a_commit_whose_confirmation_was_lost_is_not_run_again(
    postgresql_url: str,
) -> None:
    assert await interrupted(postgresql_url, lambda: True) == Duplicate()


async def test_a_batch_whose_server_is_killed_at_the_commit_is_not_written(
    killable_postgres: Postgres, killable_url: str
) -> None:
    killed = threading.Event()

    def kill() -> bool:
        killable_postgres.kill()
        killed.set()
        return True

    def revive() -> None:
        killed.wait()
        killable_postgres.start()

    assert await interrupted(killable_url, kill, revive) == Recorded()


async def test_a_killed_server_is_unavailable_at_once_and_recovers(
    killable_postgres: Postgres, killable_url: str
) -> None:
    async with running_writer(killable_url) as writer:
        command = text()
        assert await writer.submit(text(phones(1)[0])) == Recorded()
        killable_postgres.kill()
        try:
            for _ in range(3):
                began = time.monotonic()
                with pytest.raises(Unavailable):
                    await writer.submit(command)
                assert time.monotonic() - began < 5  # on a busy machine
        finally:
            killable_postgres.start()
        assert await once_more(writer, command) == Recorded()
        assert writer.count("verifications") == 2


async def test_every_caller_of_a_batch_is_told_that_the_server_is_gone(
    killable_postgres: Postgres, killable_url: str
) -> None:
    async with running_writer(killable_url) as writer:
        commands = [text(phone) for phone in phones(100)]
        await writer.submit(text())
        killable_postgres.kill()
        try:
            answers = await gather(*(writer.submit(command) for command in commands))
        finally:
            killable_postgres.start()
        assert {type(answer) for answer in answers} == {Unavailable}
        assert [await once_more(writer, command) for command in commands] == [Recorded()] * 100
        assert writer.count("verifications") == 101
