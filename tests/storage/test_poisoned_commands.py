"""One command that fails among good ones."""

import asyncio
import io
import logging
from collections.abc import Iterator
from typing import cast

import pytest

from bot.commands import (
    Command,
    DeliveryReported,
    VerificationRequested,
)
from bot.outcomes import Outcome, Recorded
from bot.records import Method
from storage.errors import Poisoned
from tests.harness.phone import PHONE
from tests.harness.running_writer import phones, running_writer, text
from tests.harness.settings import NUMBER

#: One is refused by a CHECK of the schema, the other raises in the decision.
_BAD = {
    "record": VerificationRequested("shop", cast(Method, "fax"), NUMBER, (), PHONE),
    "decision": VerificationRequested("shop", "text", NUMBER, ()),
}


async def gather(*futures: "asyncio.Future[Outcome]") -> list[Outcome | BaseException]:
    return await asyncio.gather(*futures, return_exceptions=True)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the writer logs, with tracebacks."""
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
