"""NO: what it denies, and what it repudiates."""

from __future__ import annotations

import pytest

from bot.commands import PAGES_CLIENT
from bot.outcomes import Found
from tests.harness.constants import DAY_MS, MINUTE_MS, PHONE, SECOND_MS, SHOP
from tests.harness.sent_texts import kinds
from tests.harness.simulation import Simulation
from tests.harness.states import approved, page, state_of


def test_no_repudiates_an_approval_for_ten_minutes() -> None:
    sim = Simulation()
    sim.complete_login()
    sim.wait(10 * MINUTE_MS - 1)
    assert kinds(sim.text("NO")) == ["denied"]
    (repudiated,) = sim.verifications()
    assert sim.statuses() == ["denied:repudiated"]
    assert repudiated.repudiated_at == sim.now


def test_a_no_after_ten_minutes_is_passed_on_for_a_day_and_the_approval_stands() -> None:
    sim = Simulation()
    sim.complete_login()
    sim.wait(10 * MINUTE_MS)
    assert kinds(sim.text("It wasn't me")) == ["too_late_alone"]
    (approved,) = sim.verifications()
    assert (approved.status, approved.repudiated_at) == ("approved", sim.now)
    assert kinds(sim.text("NO")) == ["nothing_waits"]

    late = Simulation()
    late.complete_login()
    late.wait(DAY_MS)
    assert kinds(late.text("NO")) == ["nothing_waits"]
    assert late.verifications()[0].repudiated_at is None


def test_a_late_no_says_that_the_app_was_told_only_where_a_web_app_asked() -> None:
    for client, said in ((SHOP, "too_late"), (PAGES_CLIENT, "too_late_alone")):
        sim = Simulation()
        sim.complete_login()
        sim.wait(MINUTE_MS)
        requested = sim.request("sms", PHONE, client=client)
        sim.check(requested.id, sim.code_of(requested), client)
        sim.wait(11 * MINUTE_MS)
        assert kinds(sim.text("NO")) == [said]
        assert sim.statuses() == ["approved", "approved"]


def test_one_no_takes_back_every_approval_of_the_last_ten_minutes() -> None:
    sim = Simulation()
    sim.complete_login()
    sim.wait(MINUTE_MS)
    sim.complete_login()

    sim.text("not me!")

    assert sim.statuses() == ["denied:repudiated", "denied:repudiated"]


def test_a_no_to_a_newer_code_passes_on_an_older_approval_too() -> None:
    sim = Simulation()
    sim.complete_login()
    sim.wait(20 * MINUTE_MS)
    sim.start_login()

    assert kinds(sim.text("NO")) == ["denied"]

    older, newer = sim.verifications()
    assert (older.status, older.repudiated_at) == ("approved", sim.now)
    assert (newer.status, newer.repudiated_at) == ("denied", None)


def test_a_no_that_was_under_way_leaves_a_newer_login_alone() -> None:
    sim = Simulation()
    sim.request("sms", PHONE)
    sim.wait(MINUTE_MS)
    sent_at = sim.now - 1
    code = sim.start_login()
    sim.wait(30 * SECOND_MS)

    assert kinds(sim.text("NO", received_at=sent_at)) == ["denied_page_closed"]

    assert sim.statuses() == ["denied", "pending"]
    assert kinds(sim.text(code)) == ["approved"]


def test_a_no_that_was_under_way_for_more_than_a_minute_denies_everything() -> None:
    sim = Simulation()
    sent_at = sim.now - 1
    sim.start_login()
    sim.wait(MINUTE_MS)

    sim.text("NO", received_at=sent_at)

    assert sim.statuses() == ["denied"]


def test_a_no_takes_effect_silently_while_the_phone_is_opted_out() -> None:
    scenario = approved()
    scenario.sim.text("STOP")

    assert scenario.sim.text("NO") == []

    assert scenario.sim.statuses() == ["denied:repudiated"]


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

    assert answer.kind == "denied_undone"
    assert sorted(sim.statuses()) == ["denied", "denied:repudiated"]


def test_no_repudiates_an_approval_that_was_redeemed() -> None:
    sim = Simulation()
    approved = sim.complete_login()
    redeemed = sim.redeem(approved.id)
    assert isinstance(redeemed, Found)

    assert kinds(sim.text("NO")) == ["denied_late"]

    (repudiated,) = sim.verifications()
    assert sim.statuses() == ["denied:repudiated"]
    assert repudiated.repudiated_at == sim.now
    assert repudiated.redeemed_at == redeemed.verification.redeemed_at


def test_no_denies_every_verification_that_has_sent_this_phone_a_code() -> None:
    scenario = page()
    sim = scenario.sim
    code = sim.start_login()

    (answer,) = sim.text("NO")

    assert answer.kind == "denied_page_closed"
    assert sim.statuses() == ["denied", "denied"]
    assert state_of(sim) == "idle"
    assert kinds(sim.text(code)) == ["nothing_waits"]
