"""NO: what it ends, and what it takes back."""

from __future__ import annotations

import pytest

from bot.outcomes import Found
from tests.harness.simulation import (
    MINUTE_MS,
    PHONE,
    World,
    fate,
)
from tests.harness.states import (
    page,
)


def test_no_takes_an_approval_back_for_ten_minutes() -> None:
    world = World()
    world.approved()
    world.wait(10 * MINUTE_MS - 1)
    world.text("NO")
    assert fate(world.of()[0]) == "denied:repudiated"

    late = World()
    late.approved()
    late.wait(10 * MINUTE_MS)
    assert [sent.kind for sent in late.text("NO")] == ["nothing_waits"]
    assert fate(late.of()[0]) == "approved"


def test_no_takes_the_newest_approval_back() -> None:
    world = World()
    world.approved()
    world.wait(MINUTE_MS)
    world.approved()

    world.text("not me!")

    assert [fate(one) for one in world.of()] == ["approved", "denied:repudiated"]


@pytest.mark.parametrize("state", ["awaiting", "dead"])
def test_no_login_of_the_phones_own_shields_an_approval_from_its_no(state: str) -> None:
    world = World()
    world.login()
    world.wait(MINUTE_MS)
    asked = world.request("sms", PHONE)
    if state == "dead":
        world.wait(4 * MINUTE_MS)
    world.check(asked.id, world.code_of(asked))  # somebody has talked it out of them

    (answer,) = world.text("NO")

    assert answer.kind == "denied"
    assert sorted(fate(one) for one in world.of()) == ["denied", "denied:repudiated"]


def test_no_after_the_login_was_redeemed_still_says_so() -> None:
    world = World()
    approved = world.approved()
    redeemed = world.redeem(approved.id)
    assert isinstance(redeemed, Found)

    world.text("NO")

    (taken_back,) = world.of()
    assert fate(taken_back) == "denied:repudiated"
    assert taken_back.redeemed_at == redeemed.verification.redeemed_at


def test_no_ends_all_that_has_sent_this_phone_a_code() -> None:
    scene = page()
    world = scene.world
    code = world.login()

    (answer,) = world.text("NO")

    assert answer.kind == "denied"
    assert [fate(one) for one in world.of()] == ["denied", "denied"]
    assert world.state() == "idle"
    assert [sent.kind for sent in world.text(code)] == ["nothing_waits"]
