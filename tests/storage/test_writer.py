"""Batches: their order, their limits, and the outcomes that their callers get."""

import asyncio
import time
from contextlib import suppress

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
from bot.events import Denied
from bot.intents import Login, No, Status, Stop
from bot.outcomes import Duplicate, Found, NotFound, Outcome, Recorded
from storage.command_queue import LARGEST_BATCH, LONGEST_QUEUE
from storage.errors import QueueFull, Stopped
from tests.harness.clock import HOUR_MS
from tests.harness.running_writer import NOW, phones, running_writer, text
from tests.harness.settings import NUMBER


async def gather(*futures: "asyncio.Future[Outcome]") -> list[Outcome | BaseException]:
    return await asyncio.gather(*futures, return_exceptions=True)


async def test_a_text_sees_the_effect_of_earlier_texts_in_its_batch(database_url: str) -> None:
    async with running_writer(database_url) as writer:
        with writer.blocked():
            futures = [writer.submit(text()) for _ in range(20)]
        assert await gather(*futures) == [Recorded()] * 20
        assert len(writer.commits) <= 2  # the first, and the rest
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


async def test_an_outcome_holds_the_committed_verification_or_says_why_not(
    database_url: str,
) -> None:
    async with running_writer(database_url) as writer:
        wanted = VerificationRequested("shop", "text", NUMBER, ("BCDFGH",), reference="cart-42")
        found = await writer.submit(wanted)
        assert isinstance(found, Found)
        assert writer.rows("SELECT id, ref FROM verifications") == [
            (found.verification.id, "BCDFGH")
        ]
        other = Redeemed(found.verification.id, Access("other"))
        assert await writer.submit(other) == NotFound()


async def test_a_commit_carries_the_events_of_its_decisions_in_order(database_url: str) -> None:
    one, other = phones(2)
    async with running_writer(database_url) as writer:
        with writer.blocked():
            texts = [text(one), text(other), text(other, No()), text(one, No())]
            answers = [writer.submit(command) for command in texts]
        await asyncio.gather(*answers)
    events = [event for commit in writer.commits for event in commit.events]
    assert [event.phone for event in events if isinstance(event, Denied)] == [other, one]
    assert len(events) == 2
