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
    Simulation,
    written,
)

KEY: dict[str, Any] = {"idempotency_key": "shop k", "fingerprint": "f"}


def test_the_same_key_gives_what_it_opened_as_it_is_now() -> None:
    sim = Simulation()
    asked = sms(sim, **KEY)
    sim.check(asked.id, sim.code_of(asked))

    again = sim.ask("sms", PHONE, **KEY)

    assert again == Replayed(sim.verification(asked.id))
    assert isinstance(again, Replayed)
    assert again.verification.status == "approved"
    assert (len(sim.sent), len(sim.of())) == (1, 1)


def test_two_at_once_with_one_key_make_one() -> None:
    sim = Simulation()
    first, second = sim.carry_out(sim.wanted("sms", PHONE, **KEY), sim.wanted("sms", PHONE, **KEY))

    assert isinstance(first, Found)
    assert second == Replayed(first.verification)
    assert (len(sim.sent), len(sim.of())) == (1, 1)


def test_the_same_key_for_another_request_is_refused_and_changes_nothing() -> None:
    sim = Simulation()
    sms(sim, **KEY)
    other = sim.wanted("sms", OTHER_PHONE, **(KEY | {"fingerprint": "g"}))

    (decision,) = sim.decide(other)

    assert decision.outcome == Mismatch()
    assert written(decision) == []


def test_a_key_is_good_for_a_day() -> None:
    sim = Simulation()
    asked = sim.request(**KEY)
    sim.wait(DAY_MS - 1)
    assert sim.ask(**KEY) == Replayed(sim.verification(asked.id))
    sim.wait(1)
    again = sim.ask(**KEY)
    assert isinstance(again, Found)
    assert again.verification.id != asked.id
    sim.wait(DAY_MS - 1)
    assert sim.ask(**KEY) == Replayed(sim.verification(again.verification.id))


def test_a_refused_request_leaves_its_key_free() -> None:
    sim = Simulation()
    sms(sim)
    assert isinstance(sim.ask("sms", PHONE, **KEY), Limited)
    assert sim.store.idempotent_requests == {}
    sim.wait(MINUTE_MS)
    assert isinstance(sim.ask("sms", PHONE, **KEY), Found)


def test_what_has_failed_at_once_is_what_its_key_has_opened() -> None:
    sim = Simulation()
    failed = sim.request("sms", "+447400123456", **KEY)

    assert failed.status == "failed"
    assert sim.ask("sms", "+447400123456", **KEY) == Replayed(failed)
