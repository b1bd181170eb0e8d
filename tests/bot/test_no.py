"""NO: what it ends, and what it takes back."""

from __future__ import annotations

import pytest

from bot.outcomes import Found
from tests.harness.simulation import (
    MINUTE_MS,
    PHONE,
    Simulation,
    fate,
)
from tests.harness.states import (
    page,
)


def test_no_takes_an_approval_back_for_ten_minutes() -> None:
    sim = Simulation()
    sim.approved()
    sim.wait(10 * MINUTE_MS - 1)
    sim.text("NO")
    assert fate(sim.of()[0]) == "denied:repudiated"

    late = Simulation()
    late.approved()
    late.wait(10 * MINUTE_MS)
    assert [sent.kind for sent in late.text("NO")] == ["nothing_waits"]
    assert fate(late.of()[0]) == "approved"


def test_no_takes_the_newest_approval_back() -> None:
    sim = Simulation()
    sim.approved()
    sim.wait(MINUTE_MS)
    sim.approved()

    sim.text("not me!")

    assert [fate(one) for one in sim.of()] == ["approved", "denied:repudiated"]


@pytest.mark.parametrize("state", ["awaiting", "dead"])
def test_no_login_of_the_phones_own_shields_an_approval_from_its_no(state: str) -> None:
    sim = Simulation()
    sim.login()
    sim.wait(MINUTE_MS)
    asked = sim.request("sms", PHONE)
    if state == "dead":
        sim.wait(4 * MINUTE_MS)
    sim.check(asked.id, sim.code_of(asked))  # somebody has talked it out of them

    (answer,) = sim.text("NO")

    assert answer.kind == "denied"
    assert sorted(fate(one) for one in sim.of()) == ["denied", "denied:repudiated"]


def test_no_after_the_login_was_redeemed_still_says_so() -> None:
    sim = Simulation()
    approved = sim.approved()
    redeemed = sim.redeem(approved.id)
    assert isinstance(redeemed, Found)

    sim.text("NO")

    (taken_back,) = sim.of()
    assert fate(taken_back) == "denied:repudiated"
    assert taken_back.redeemed_at == redeemed.verification.redeemed_at


def test_no_ends_all_that_has_sent_this_phone_a_code() -> None:
    scene = page()
    sim = scene.sim
    code = sim.login()

    (answer,) = sim.text("NO")

    assert answer.kind == "denied"
    assert [fate(one) for one in sim.of()] == ["denied", "denied"]
    assert sim.state() == "idle"
    assert [sent.kind for sent in sim.text(code)] == ["nothing_waits"]
