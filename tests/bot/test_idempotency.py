"""The same request again."""

from __future__ import annotations

from typing import Any

from bot.outcomes import Found, Limited, Mismatch, Replayed
from tests.harness.requests import sms
from tests.harness.simulation import (
    DAY_MS,
    MINUTE_MS,
    OTHER_PHONE,
    PHONE,
    World,
    changes,
)

KEY: dict[str, Any] = {"idempotency_key": "shop k", "fingerprint": "f"}


def test_the_same_key_gives_what_it_opened_as_it_is_now() -> None:
    world = World()
    asked = sms(world, **KEY)
    world.check(asked.id, world.code_of(asked))

    again = world.ask("sms", PHONE, **KEY)

    assert again == Replayed(world.verification(asked.id))
    assert isinstance(again, Replayed)
    assert again.verification.status == "approved"
    assert (len(world.sent), len(world.of())) == (1, 1)


def test_two_at_once_with_one_key_make_one() -> None:
    world = World()
    first, second = world.carry_out(
        world.wanted("sms", PHONE, **KEY), world.wanted("sms", PHONE, **KEY)
    )

    assert isinstance(first, Found)
    assert second == Replayed(first.verification)
    assert (len(world.sent), len(world.of())) == (1, 1)


def test_the_same_key_for_another_request_is_refused_and_changes_nothing() -> None:
    world = World()
    sms(world, **KEY)
    other = world.wanted("sms", OTHER_PHONE, **(KEY | {"fingerprint": "g"}))

    (decision,) = world.decide(other)

    assert decision.outcome == Mismatch()
    assert changes(decision) == []


def test_a_key_is_good_for_a_day() -> None:
    world = World()
    asked = world.request(**KEY)
    world.wait(DAY_MS - 1)
    assert world.ask(**KEY) == Replayed(world.verification(asked.id))
    world.wait(1)
    again = world.ask(**KEY)
    assert isinstance(again, Found)
    assert again.verification.id != asked.id
    world.wait(DAY_MS - 1)
    assert world.ask(**KEY) == Replayed(world.verification(again.verification.id))


def test_a_refused_request_leaves_its_key_free() -> None:
    world = World()
    sms(world)
    assert isinstance(world.ask("sms", PHONE, **KEY), Limited)
    assert world.tables.requests == {}
    world.wait(MINUTE_MS)
    assert isinstance(world.ask("sms", PHONE, **KEY), Found)


def test_what_has_failed_at_once_is_what_its_key_has_opened() -> None:
    world = World()
    failed = world.request("sms", "+447400123456", **KEY)

    assert failed.status == "failed"
    assert world.ask("sms", "+447400123456", **KEY) == Replayed(failed)
