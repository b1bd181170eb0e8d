"""Texts that get no answer."""

from __future__ import annotations

import pytest

from tests.harness.simulation import (
    DAY_MS,
    MINUTE_MS,
    Simulation,
    fate,
)
from tests.harness.states import (
    awaiting,
)


@pytest.mark.parametrize("words", ["LOGIN", "NO", "RESEND", "hello", "STATUS"])
def test_a_text_that_took_longer_than_a_code_lives_is_ignored(words: str) -> None:
    scene = awaiting()
    sim = scene.sim
    before = sim.of()

    assert sim.text(words, received_at=sim.now - 5 * MINUTE_MS - 1) == []
    assert sim.text(scene.right, received_at=sim.now - 5 * MINUTE_MS - 1) == []
    assert sim.of() == before


def test_stop_and_start_count_however_late_they_come() -> None:
    sim = Simulation()
    sim.text("STOP", received_at=sim.now - DAY_MS)
    assert sim.is_opted_out()
    sim.text("START", received_at=sim.now - DAY_MS)
    assert not sim.is_opted_out()


def test_a_text_from_a_region_not_allowed_is_not_answered_and_counts_as_nothing() -> None:
    sim = Simulation()
    phone = "+447400123456"

    for words in ("LOGIN", "HELP", "hello", "123456", "NO"):
        assert sim.text(words, phone) == []

    assert sim.of(phone) == []
    sim.text("STOP", phone)
    assert sim.is_opted_out(phone)


def test_a_request_named_from_a_region_not_allowed_has_failed() -> None:
    sim = Simulation()
    asked = sim.request()

    assert sim.text(f"LOGIN {asked.ref}", "+447400123456") == []

    assert fate(sim.verification(asked.id)) == "failed:region_not_allowed"


def test_help_that_telnyx_has_answered_is_not_answered_again() -> None:
    sim = Simulation()

    assert sim.text("HELP", autoresponse=True) == []
    assert [sent.kind for sent in sim.text("HELP")] == ["help"]
