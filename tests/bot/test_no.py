"""NO: what it denies, and what it repudiates."""

from __future__ import annotations

import pytest

from bot.outcomes import Found
from tests.harness.constants import MINUTE_MS, PHONE
from tests.harness.sent_texts import kinds
from tests.harness.simulation import Simulation
from tests.harness.states import page, state_of


def test_no_repudiates_an_approval_for_ten_minutes() -> None:
    sim = Simulation()
    sim.complete_login()
    sim.wait(10 * MINUTE_MS - 1)
    sim.text("NO")
    assert sim.statuses()[0] == "denied:repudiated"

    late = Simulation()
    late.complete_login()
    late.wait(10 * MINUTE_MS)
    assert kinds(late.text("NO")) == ["nothing_waits"]
    assert late.statuses()[0] == "approved"


def test_no_repudiates_the_newest_approval_only() -> None:
    sim = Simulation()
    sim.complete_login()
    sim.wait(MINUTE_MS)
    sim.complete_login()

    sim.text("not me!")

    assert sim.statuses() == ["approved", "denied:repudiated"]


@pytest.mark.parametrize("state", ["awaiting", "dead"])
def test_no_repudiates_an_approval_also_while_another_login_is_pending(state: str) -> None:
    sim = Simulation()
    sim.start_login()
    sim.wait(MINUTE_MS)
    requested = sim.request("sms", PHONE)
    if state == "dead":
        sim.wait(4 * MINUTE_MS)
    sim.check(requested.id, sim.code_of(requested))  # the user has told an attacker the code

    (answer,) = sim.text("NO")

    assert answer.kind == "denied"
    assert sorted(sim.statuses()) == ["denied", "denied:repudiated"]


def test_no_repudiates_an_approval_that_was_redeemed() -> None:
    sim = Simulation()
    approved = sim.complete_login()
    redeemed = sim.redeem(approved.id)
    assert isinstance(redeemed, Found)

    sim.text("NO")

    (repudiated,) = sim.verifications()
    assert sim.statuses() == ["denied:repudiated"]
    assert repudiated.redeemed_at == redeemed.verification.redeemed_at


def test_no_denies_every_verification_that_has_sent_this_phone_a_code() -> None:
    scenario = page()
    sim = scenario.sim
    code = sim.start_login()

    (answer,) = sim.text("NO")

    assert answer.kind == "denied"
    assert sim.statuses() == ["denied", "denied"]
    assert state_of(sim) == "idle"
    assert kinds(sim.text(code)) == ["nothing_waits"]
