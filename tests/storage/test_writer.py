"""Batches: one bad command among good ones, a database that goes away, more than fits."""

import asyncio
import io
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import cast

import pytest

from bot.commands import (
    Access,
    Command,
    DeliveryReported,
    EventIgnored,
    Redeemed,
    TextReceived,
    VerificationRequested,
)
from bot.intents import Login, No, Status, Stop
from bot.outcomes import Duplicate, Found, NotFound, Outcome, Recorded
from bot.records import Method
from storage.writer import (
    LARGEST_BATCH,
    LONGEST_QUEUE,
    Poisoned,
    QueueFull,
    Stopped,
    Unavailable,
)
from tests.harness.clock import HOUR_MS
from tests.harness.database_proxy import database_proxy
from tests.harness.phone import PHONE
from tests.harness.postgres import Postgres
from tests.harness.running_writer import NOW, RunningWriter, phones, running_writer, text
from tests.harness.settings import NUMBER

#: Refused by a CHECK of the schema, and by the decision itself.
_BAD = {
    "record": VerificationRequested("shop", cast(Method, "fax"), NUMBER, ()),
    "decision": VerificationRequested("shop", "text", NUMBER, ()),
}


async def gather(*futures: "asyncio.Future[Outcome]") -> list[Outcome | BaseException]:
    return await asyncio.gather(*futures, return_exceptions=True)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the writer logs, tracebacks and all."""
    written, logger = io.StringIO(), logging.getLogger("textlogin.writer")
    handler = logging.StreamHandler(written)
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)


@pytest.mark.parametrize("bad", _BAD.values(), ids=_BAD)
async def test_a_poisoned_command_fails_alone(
    database_url: str, bad: Command, log: io.StringIO
) -> None:
    async with running_writer(database_url) as writer:
        good: list[Command] = [text(phone) for phone in phones(50)]
        commands = [*good[:25], bad, *good[25:]]
        with writer.blocked():
            futures = [writer.submit(command) for command in commands]
        answers = await gather(*futures)
        assert isinstance(answers.pop(25), Poisoned)
        assert answers == [Recorded()] * 50
        assert writer.poisoned == 1
        assert "VerificationRequested" in log.getvalue()
        assert (
            writer.count("verifications")
            == writer.count("phones")
            == writer.count("messages")
            == 50
        )
        assert sorted(m.message.phone for c in writer.commits for m in c.outbound) == phones(50)


async def test_a_receipt_with_a_nul_fails_alone_on_postgresql(postgresql_url: str) -> None:
    async with running_writer(postgresql_url) as writer:
        with writer.blocked():
            futures = [writer.submit(text(phone)) for phone in phones(50)]
            futures.insert(7, writer.submit(DeliveryReported("evt", "id", "deliv\0ered")))
        answers = await gather(*futures)
        assert isinstance(answers.pop(7), Poisoned)
        assert answers == [Recorded()] * 50
        assert writer.poisoned == 1


async def test_the_log_of_a_poisoned_command_names_no_phone(
    database_url: str, log: io.StringIO
) -> None:
    async with running_writer(database_url) as writer:
        bad = VerificationRequested("shop", cast(Method, "fax"), NUMBER, (), PHONE)
        (answer,) = await gather(writer.submit(bad))
        assert isinstance(answer, Poisoned)
    assert "VerificationRequested" in log.getvalue()
    assert PHONE not in log.getvalue()


async def test_texts_of_one_batch_see_each_others_effect(database_url: str) -> None:
    async with running_writer(database_url) as writer:
        with writer.blocked():
            futures = [writer.submit(text()) for _ in range(20)]
        assert await gather(*futures) == [Recorded()] * 20
        assert len(writer.commits) <= 2  # the one that was held up, and the rest
        assert writer.rows("SELECT kind, count(*) FROM messages GROUP BY kind ORDER BY kind") == [
            ("code", 1),
            ("wait_seconds", 1),
        ]


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "many batches"])
@pytest.mark.parametrize(
    "commands",
    [
        [
            text(event_id="evt-1", message_id="msg-1"),
            text(event_id="evt-1", message_id="msg-1"),
            text(event_id="evt-2", message_id="msg-1"),
            text(event_id="evt-1", message_id="msg-2"),
        ],
        [
            EventIgnored("evt-1"),
            EventIgnored("evt-1"),
            DeliveryReported("evt-1", "id", "delivered"),
        ],
        [
            DeliveryReported("evt-1", "id", "delivered"),
            DeliveryReported("evt-1", "id", "delivered"),
            EventIgnored("evt-1"),
        ],
    ],
    ids=["text", "ignored", "receipt"],
)
async def test_a_replayed_event_is_a_duplicate(
    database_url: str, commands: list[Command], together: bool
) -> None:
    async with running_writer(database_url) as writer:
        if together:
            with writer.blocked():
                futures = [writer.submit(command) for command in commands]
            answers = await gather(*futures)
        else:
            answers = [await writer.submit(command) for command in commands]
        assert answers == [Recorded(), *[Duplicate()] * (len(commands) - 1)]
        is_text = isinstance(commands[0], TextReceived)
        assert writer.count("messages") == writer.count("phones") == int(is_text)
        assert writer.count("events") == int(not is_text)


async def test_a_message_withdrawn_in_its_own_batch_takes_no_send_slot(
    database_url: str,
) -> None:
    async with running_writer(database_url) as writer:
        with writer.blocked():
            futures = [writer.submit(text()), writer.submit(text(intent=No()))]
        assert await gather(*futures) == [Recorded()] * 2
        assert sum(len(commit.outbound) for commit in writer.commits) == writer.slots.in_use == 1


async def test_a_stop_withdraws_every_unsent_text(database_url: str) -> None:
    async with running_writer(database_url) as writer:
        for intent in (Login(), Status(), Stop()):
            assert await writer.submit(text(intent=intent)) == Recorded()
        assert writer.rows("SELECT DISTINCT state FROM messages") == [("withdrawn",)]
        assert sorted(writer.commits[-1].withdrawn) == sorted(
            id for (id,) in writer.rows("SELECT id FROM messages")
        )


async def test_a_full_queue_refuses_at_once(database_url: str) -> None:
    async with running_writer(database_url) as writer:
        futures: list[asyncio.Future[Outcome]] = []
        with writer.blocked():
            with suppress(QueueFull):
                while len(futures) < 2 * LONGEST_QUEUE:
                    futures.append(writer.submit(EventIgnored(f"evt-{len(futures)}")))
            began = time.perf_counter()
            with pytest.raises(QueueFull):
                writer.submit(text())
            assert time.perf_counter() - began < 0.5
        assert LONGEST_QUEUE <= len(futures) < 2 * LONGEST_QUEUE
        answers = await gather(*futures)
        written = answers.count(Recorded())
        assert written >= LONGEST_QUEUE - LARGEST_BATCH
        assert writer.count("events") == written
        assert await writer.submit(text()) == Recorded()


async def test_the_command_of_a_cancelled_caller_still_runs(
    database_url: str,
) -> None:
    async with running_writer(database_url) as writer:
        with writer.blocked():
            gone, here = writer.submit(text(phones(1)[0])), writer.submit(text())
            gone.cancel()
        assert await here == Recorded()
        assert writer.count("verifications") == 2


async def test_a_stopping_writer_finishes_its_queue_and_refuses_more(
    database_url: str,
) -> None:
    async with running_writer(database_url) as writer:
        with writer.blocked():
            futures = [writer.submit(text(phone)) for phone in phones(700)]
            stopping = asyncio.ensure_future(writer.stop())
            await asyncio.sleep(0)
            with pytest.raises(Stopped):
                writer.submit(text())
        await stopping
        assert all(future.result() == Recorded() for future in futures)
        assert writer.count("verifications") == 700


async def test_time_never_goes_back(database_url: str) -> None:
    async with running_writer(database_url) as writer:
        await writer.submit(text(phones(1)[0]))
        writer.clock.now = NOW - HOUR_MS
        await writer.submit(text())
        assert writer.rows("SELECT DISTINCT created_at FROM verifications") == [(NOW,)]


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


async def test_an_outcome_is_what_the_api_shows(database_url: str) -> None:
    async with running_writer(database_url) as writer:
        wanted = VerificationRequested("shop", "text", NUMBER, ("BCDFGH",), reference="cart-42")
        found = await writer.submit(wanted)
        assert isinstance(found, Found)
        assert writer.rows("SELECT id, ref FROM verifications") == [
            (found.verification.id, "BCDFGH")
        ]
        other = Redeemed(found.verification.id, Access("other"))
        assert await writer.submit(other) == NotFound()


# -- PostgreSQL goes away ------------------------------------------------------------------------


async def once_more(writer: RunningWriter, command: Command) -> Outcome:
    """The same again until the database is back, as Telnyx and the sender would."""
    for _ in range(200):
        try:
            return await writer.submit(command)
        except Unavailable:
            await asyncio.sleep(0.02)
    raise AssertionError("the database did not come back")


async def interrupted(
    url: str, at_commit: Callable[[], bool], afterwards: Callable[[], None] = lambda: None
) -> Outcome:
    """A LOGIN whose COMMIT meets `at_commit`; then the same again, and what that comes to."""
    with database_proxy(url) as proxy:
        async with running_writer(proxy.url) as writer:
            assert await writer.submit(text(phones(1)[0])) == Recorded()
            command = text()
            proxy.at_commit = at_commit
            with pytest.raises(Unavailable):
                await writer.submit(command)
            assert proxy.at_commit is None
            assert len(writer.commits) == 1  # nobody was told to send
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


async def test_a_commit_that_never_arrived_has_not_happened(postgresql_url: str) -> None:
    assert await interrupted(postgresql_url, lambda: False) == Recorded()


async def test_a_commit_whose_confirmation_was_lost_is_not_run_again(
    postgresql_url: str,
) -> None:
    assert await interrupted(postgresql_url, lambda: True) == Duplicate()


async def test_a_batch_whose_server_is_killed_at_the_commit_is_not_written(
    mortal_postgres: Postgres, mortal_url: str
) -> None:
    killed = threading.Event()

    def kill() -> bool:
        mortal_postgres.kill()
        killed.set()
        return True

    def revive() -> None:
        killed.wait()
        mortal_postgres.start()

    assert await interrupted(mortal_url, kill, revive) == Recorded()


async def test_a_killed_server_is_unavailable_at_once_and_recovers(
    mortal_postgres: Postgres, mortal_url: str
) -> None:
    async with running_writer(mortal_url) as writer:
        command = text()
        assert await writer.submit(text(phones(1)[0])) == Recorded()
        mortal_postgres.kill()
        try:
            for _ in range(3):
                began = time.monotonic()
                with pytest.raises(Unavailable):
                    await writer.submit(command)
                assert time.monotonic() - began < 1.8
        finally:
            mortal_postgres.start()
        assert await once_more(writer, command) == Recorded()
        assert writer.count("verifications") == 2


async def test_every_caller_of_a_batch_is_told_that_the_server_is_gone(
    mortal_postgres: Postgres, mortal_url: str
) -> None:
    async with running_writer(mortal_url) as writer:
        commands = [text(phone) for phone in phones(100)]
        await writer.submit(text())
        mortal_postgres.kill()
        try:
            answers = await gather(*(writer.submit(command) for command in commands))
        finally:
            mortal_postgres.start()
        assert {type(answer) for answer in answers} == {Unavailable}
        assert [await once_more(writer, command) for command in commands] == [Recorded()] * 100
        assert writer.count("verifications") == 101
