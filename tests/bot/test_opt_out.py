"""STOP and START."""

from __future__ import annotations

from tests.harness.simulation import (
    MINUTE_MS,
    OTHER_NUMBER,
    PHONE,
    Simulation,
    code_in,
    fate,
)
from tests.harness.states import (
    awaiting,
    opted_out,
)


def test_who_opted_out_hears_nothing_and_changes_nothing() -> None:
    scene = opted_out()
    sim = scene.sim
    before = sim.of()

    for words in (scene.right, "RESEND", "NO", "STATUS", "HELP", "hello", None, "STOP"):
        assert sim.text(words) == []

    assert sim.of() == before


def test_a_login_that_telnyx_refuses_stays_opted_out() -> None:
    scene = opted_out()
    sim = scene.sim

    sim.text("LOGIN")

    assert sim.is_opted_out()
    assert fate(sim.of()[-1]) == "failed:opted_out"


def test_a_login_that_telnyx_takes_ends_the_opt_out() -> None:
    scene = opted_out()
    sim = scene.sim
    del sim.refused[PHONE]

    (sent,) = sim.text("LOGIN")

    assert not sim.is_opted_out()
    sim.text(code_in(sent.text))
    assert sim.state() == "approved"


def test_start_opens_the_pair_again() -> None:
    scene = opted_out()
    scene.sim.text("START")

    assert not scene.sim.is_opted_out()


def test_stop_and_start_count_in_the_order_in_which_they_were_sent() -> None:
    sim = Simulation()
    sim.text("START")
    sim.text("STOP", received_at=sim.now - 1)
    assert sim.state() == "idle"

    sim.wait(MINUTE_MS)
    sim.text("STOP")
    sim.text("START", received_at=sim.now - 1)
    assert sim.state() == "opted out"


def test_stop_withdraws_what_is_not_out_yet() -> None:
    sim = Simulation()
    sim.paused = True
    sim.text("LOGIN")
    sim.text("STATUS")

    sim.text("STOP")

    assert {message.state for message in sim.store.messages.values()} == {"withdrawn"}


def test_stop_counts_for_the_number_that_was_texted_alone() -> None:
    sim = Simulation()
    sim.text("STOP", number=OTHER_NUMBER)
    assert sim.is_opted_out(number=OTHER_NUMBER)

    sim.text(sim.login())
    assert sim.state() == "approved"


def test_stop_leaves_what_another_number_has_asked() -> None:
    scene = awaiting()

    scene.sim.text("STOP", number=OTHER_NUMBER)

    assert scene.sim.of()[0].status == "pending"
    assert [sent.kind for sent in scene.sim.text(scene.right)] == ["approved"]
