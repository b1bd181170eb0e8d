"""A command of another process beside a service: what it writes reaches the service's callers."""

import asyncio
from pathlib import Path

import pytest

from bot.commands import OPERATOR, CancelRequested, Command, UnlockRequested
from bot.outcomes import Found, Outcome, Recorded
from storage.clock import SteadyClock
from storage.database import Database
from storage.errors import Unavailable
from storage.one_command import carry_out
from tests.harness.eventually import until
from tests.harness.phone import PHONE, wrong_code
from tests.harness.policy import policy
from tests.harness.polls import etag, poll
from tests.harness.running_service import RunningService, running_service


async def beside(service: RunningService, command: Command) -> Outcome:
    """Carry out a command as another process does: on connections of its own."""

    def work() -> Outcome:
        database = Database(service.parts.settings.database_url)
        try:
            return carry_out(database, service.parts.policy, SteadyClock(), command)
        finally:
            database.dispose()

    return await asyncio.to_thread(work)


async def test_a_waiting_poll_is_answered_when_a_command_ends_its_verification(
    database_url: str,
) -> None:
    async with running_service(database_url) as service:
        opened = await service.web_app().open()
        waiting = poll(service, opened["id"], await etag(service, opened["id"]))
        await service.until_waiting(1)

        outcome = await beside(service, CancelRequested(opened["id"], OPERATOR))

        assert isinstance(outcome, Found)
        await waiting.done()
        assert waiting.status == 200
        assert (await service.web_app().show(opened["id"]))["status"] == "canceled"


async def test_what_is_kept_in_memory_is_read_again_after_a_command(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        opened = await service.web_app().open()
        assert service.live.get(opened["id"]) is not None

        await beside(service, CancelRequested(opened["id"], OPERATOR))

        await until(lambda: service.live.get(opened["id"]) is None)


async def test_commits_of_the_service_itself_leave_its_memory_alone(sqlite_url: str) -> None:
    async with running_service(sqlite_url) as service:
        first = await service.web_app().open()
        for _ in range(3):
            await service.web_app().open()
            await service.idle()

        assert service.live.get(first["id"]) is not None


async def test_a_locked_phone_may_reply_again_after_a_command(database_url: str) -> None:
    async with running_service(database_url) as service:
        phone = service.phone()
        await phone.text("LOGIN")
        right = await phone.code()
        for _ in range(5):
            await phone.text(wrong_code(right))
        assert service.count("phones", "locked_until > 0") == 1

        assert await beside(service, UnlockRequested(PHONE)) == Recorded()

        assert service.count("phones", "locked_until > 0") == 0
        service.clock.advance(61_000)
        await phone.unread()
        await phone.text("LOGIN")
        await phone.text(await phone.code())
        assert service.count("verifications", "status = 'approved'") == 1


def test_a_command_says_when_the_database_is_missing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(Unavailable):
        carry_out(database, policy(), SteadyClock(), UnlockRequested(PHONE))
