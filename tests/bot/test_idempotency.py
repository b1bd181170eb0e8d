"""The same `Idempotency-Key` again."""

from __future__ import annotations

from typing import Any

from bot.commands import Access, Redeemed
from bot.outcomes import AlreadyFinished, Found, Limited, Mismatch, Replayed
from tests.harness.constants import (
    BRITISH_PHONE,
    DAY_MS,
    MINUTE_MS,
    OTHER_PHONE,
    PHONE,
    SHOP,
)
from tests.harness.decisions import rows_written
from tests.harness.requests import request_sms
from tests.harness.simulation import Simulation

KEY: dict[str, Any] = {"idempotency_key": "shop k", "fingerprint": "f"}


def test_the_same_key_returns_the_same_verification_as_it_is_now() -> None:
    sim = Simulation()
    requested = request_sms(sim, **KEY)
    sim.check(requested.id, sim.code_of(requested))

    again = sim.try_request("sms", PHONE, **KEY)

    assert again == Replayed(sim.verification(requested.id))
    assert isinstance(again, Replayed)
    assert again.verification.status == "approved"
    assert (len(sim.sent), len(sim.verifications())) == (1, 1)


def test_two_requests_with_one_key_in_a_batch_open_one_verification() -> None:
    sim = Simulation()
    first, second = sim.carry_out(
        sim.request_command("sms", PHONE, **KEY), sim.request_command("sms", PHONE, **KEY)
    )

    assert isinstance(first, Found)
    assert second == Replayed(first.verification)
    assert (len(sim.sent), len(sim.verifications())) == (1, 1)


def test_the_same_key_for_another_request_is_refused_and_changes_nothing() -> None:
    sim = Simulation()
    request_sms(sim, **KEY)
    other = sim.request_command("sms", OTHER_PHONE, **(KEY | {"fingerprint": "g"}))

    (decision,) = sim.decide(other)

    assert decision.outcome == Mismatch()
    assert rows_written(decision) == []


def test_a_key_is_remembered_for_a_day() -> None:
    sim = Simulation()
    requested = sim.request(**KEY)
    sim.wait(DAY_MS - 1)
    assert sim.try_request(**KEY) == Replayed(sim.verification(requested.id))
    sim.wait(1)
    again = sim.try_request(**KEY)
    assert isinstance(again, Found)
    assert again.verification.id != requested.id
    sim.wait(DAY_MS - 1)
    assert sim.try_request(**KEY) == Replayed(sim.verification(again.verification.id))


def test_a_limited_request_does_not_use_up_its_key() -> None:
    sim = Simulation()
    request_sms(sim)
    assert isinstance(sim.try_request("sms", PHONE, **KEY), Limited)
    assert sim.store.idempotent_requests == {}
    sim.wait(MINUTE_MS)
    assert isinstance(sim.try_request("sms", PHONE, **KEY), Found)


def test_a_key_returns_a_verification_that_failed_at_once() -> None:
    sim = Simulation()
    failed = sim.request("sms", BRITISH_PHONE, **KEY)

    assert failed.status == "failed"
    assert sim.try_request("sms", BRITISH_PHONE, **KEY) == Replayed(failed)


def test_a_redeem_with_the_same_key_succeeds_again_for_a_day() -> None:
    sim = Simulation()
    requested = request_sms(sim)
    refused = sim.redeem(requested.id, key="shop redeem k")
    sim.check(requested.id, sim.code_of(requested))

    first = sim.redeem(requested.id, key="shop redeem k")
    sim.text("NO")
    denied = sim.redeem(requested.id, key="shop redeem k")
    other = sim.redeem(requested.id, key="shop redeem other")
    sim.wait(DAY_MS)

    assert refused == AlreadyFinished("pending", "not_approved")
    assert isinstance(first, Found)
    assert denied == Replayed(sim.verification(requested.id))
    assert other == AlreadyFinished("denied", "not_approved")
    assert sim.redeem(requested.id, key="shop redeem k") == AlreadyFinished(
        "denied", "not_approved"
    )


def test_two_redeems_with_one_key_in_a_batch_redeem_once() -> None:
    sim = Simulation()
    requested = request_sms(sim)
    sim.check(requested.id, sim.code_of(requested))
    command = Redeemed(requested.id, Access(SHOP), "shop redeem k")

    first, second = sim.carry_out(command, command)

    assert isinstance(first, Found)
    assert second == Replayed(first.verification)
