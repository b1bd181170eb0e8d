"""Texts that get no answer."""

from __future__ import annotations

import pytest

from tests.harness.simulation import (
    DAY_MS,
    MINUTE_MS,
    World,
    fate,
)
from tests.harness.states import (
    awaiting,
)


@pytest.mark.parametrize("words", ["LOGIN", "NO", "RESEND", "hello", "STATUS"])
def test_a_text_that_took_longer_than_a_code_lives_is_ignored(words: str) -> None:
    scene = awaiting()
    world = scene.world
    before = world.of()

    assert world.text(words, received_at=world.now - 5 * MINUTE_MS - 1) == []
    assert world.text(scene.right, received_at=world.now - 5 * MINUTE_MS - 1) == []
    assert world.of() == before


def test_stop_and_start_count_however_late_they_come() -> None:
    world = World()
    world.text("STOP", received_at=world.now - DAY_MS)
    assert world.is_opted_out()
    world.text("START", received_at=world.now - DAY_MS)
    assert not world.is_opted_out()


def test_a_text_from_a_region_not_allowed_is_not_answered_and_counts_as_nothing() -> None:
    world = World()
    phone = "+447400123456"

    for words in ("LOGIN", "HELP", "hello", "123456", "NO"):
        assert world.text(words, phone) == []

    assert world.of(phone) == []
    world.text("STOP", phone)
    assert world.is_opted_out(phone)


def test_a_request_named_from_a_region_not_allowed_has_failed() -> None:
    world = World()
    asked = world.request()

    assert world.text(f"LOGIN {asked.ref}", "+447400123456") == []

    assert fate(world.verification(asked.id)) == "failed:region_not_allowed"


def test_help_that_telnyx_has_answered_is_not_answered_again() -> None:
    world = World()

    assert world.text("HELP", autoresponse=True) == []
    assert [sent.kind for sent in world.text("HELP")] == ["help"]
