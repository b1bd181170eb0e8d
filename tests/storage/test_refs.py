"""Refs in a real database: it has each ref of a pending request once."""

from __future__ import annotations

from bot.commands import CallbacksSwept, VerificationRequested
from bot.outcomes import Found, Limited
from tests.harness.constants import DAY_MS, NUMBER
from tests.harness.running_writer import running_writer


def wanted(ref: str) -> VerificationRequested:
    return VerificationRequested("shop", "text", NUMBER, (ref,))


async def test_the_ref_of_an_expired_request_is_given_to_the_next_one(database_url: str) -> None:
    async with running_writer(database_url) as writer:
        for _ in range(3):
            outcome = await writer.submit(wanted("BCDFGH"))
            assert isinstance(outcome, Found)
            writer.clock.advance(DAY_MS)

        found = writer.rows("SELECT status, ref FROM verifications ORDER BY id")
        assert found == [("expired", "BCDFGH"), ("expired", "BCDFGH"), ("pending", "BCDFGH")]
        assert writer.poisoned == 0


async def test_a_sweep_stores_expiries_without_a_callback(database_url: str) -> None:
    async with running_writer(database_url) as writer:
        await writer.submit(wanted("BCDFGH"))
        writer.clock.advance(DAY_MS)

        await writer.submit(CallbacksSwept("owner", 10))

        assert writer.rows("SELECT status FROM verifications") == [("expired",)]


async def test_two_hundred_simultaneous_requests_open_as_many_as_there_may_be(
    database_url: str,
) -> None:
    refs = [f"BCD{a}{b}{c}" for a in "BCDFGH" for b in "BCDFGH" for c in "BCDFGH"][:200]
    async with running_writer(database_url, open_per_app=150) as writer:
        outcomes = [await one for one in [writer.submit(wanted(ref)) for ref in refs]]

        assert [type(one) for one in outcomes] == [Found] * 150 + [Limited] * 50
