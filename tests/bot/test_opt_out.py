"""STOP and START."""

from __future__ import annotations

from tests.harness.simulation import (
    MINUTE_MS,
    OTHER_NUMBER,
    PHONE,
    World,
    code_in,
    fate,
)
from tests.harness.states import (
    awaiting,
    opted_out,
)


def test_who_opted_out_hears_nothing_and_changes_nothing() -> None:
    scene = opted_out()
    world = scene.world
    before = world.of()

    for words in (scene.right, "RESEND", "NO", "STATUS", "HELP", "hello", None, "STOP"):
        assert world.text(words) == []

    assert world.of() == before


def test_a_login_that_telnyx_refuses_stays_opted_out() -> None:
    scene = opted_out()
    world = scene.world

    world.text("LOGIN")

    assert world.is_opted_out()
    assert fate(world.of()[-1]) == "failed:opted_out"


def test_a_login_that_telnyx_takes_ends_the_opt_out() -> None:
    scene = opted_out()
    world = scene.world
    del world.refused[PHONE]

    (sent,) = world.text("LOGIN")

    assert not world.is_opted_out()
    world.text(code_in(sent.text))
    assert world.state() == "approved"


def test_start_opens_the_pair_again() -> None:
    scene = opted_out()
    scene.world.text("START")

    assert not scene.world.is_opted_out()


def test_stop_and_start_count_in_the_order_in_which_they_were_sent() -> None:
    world = World()
    world.text("START")
    world.text("STOP", received_at=world.now - 1)
    assert world.state() == "idle"

    world.wait(MINUTE_MS)
    world.text("STOP")
    world.text("START", received_at=world.now - 1)
    assert world.state() == "opted out"


def test_stop_withdraws_what_is_not_out_yet() -> None:
    world = World()
    world.paused = True
    world.text("LOGIN")
    world.text("STATUS")

    world.text("STOP")

    assert {message.state for message in world.tables.messages.values()} == {"withdrawn"}


def test_stop_counts_for_the_number_that_was_texted_alone() -> None:
    world = World()
    world.text("STOP", number=OTHER_NUMBER)
    assert world.is_opted_out(number=OTHER_NUMBER)

    world.text(world.login())
    assert world.state() == "approved"


def test_stop_leaves_what_another_number_has_asked() -> None:
    scene = awaiting()

    scene.world.text("STOP", number=OTHER_NUMBER)

    assert scene.world.of()[0].status == "pending"
    assert [sent.kind for sent in scene.world.text(scene.right)] == ["approved"]
