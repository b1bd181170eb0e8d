"""Telnyx's error codes: refused for good, retried, or held."""

from __future__ import annotations

import pytest

from bot.telnyx_errors import (
    BLOCKED_BY_STOP,
    NAMES,
    OPERATOR,
    PERMANENT,
    TRANSIENT,
    UNANSWERED,
    classify,
)


@pytest.mark.parametrize("code", sorted(PERMANENT))
def test_an_error_of_the_phone_or_the_text_is_refused(code: str) -> None:
    outcomes = {
        classify(status, code, earlier) for status in (400, 422) for earlier in (None, "503")
    }
    assert outcomes == {"refused"}


@pytest.mark.parametrize("code", sorted(OPERATOR))
def test_an_error_of_the_account_is_held(code: str) -> None:
    assert {classify(status, code, None) for status in (400, 401, 403, 422)} == {"held"}


@pytest.mark.parametrize("code", sorted(TRANSIENT))
def test_a_transient_error_is_retried(code: str) -> None:
    assert {classify(status, code, None) for status in (400, 422, 429, 500)} == {"retry"}


@pytest.mark.parametrize(
    ("status", "earlier", "outcome"),
    [
        (401, None, "held"),
        (403, None, "held"),
        (408, None, "retry"),
        (409, None, "retry"),
        (429, None, "retry"),
        (500, None, "retry"),
        (503, "503", "retry"),
        (400, None, "refused"),
        (422, None, "refused"),
        (422, "unreachable", "sent"),  # another body under a known key: that try was accepted
    ],
)
def test_without_a_known_code_the_http_status_decides(
    status: int, earlier: str | None, outcome: str
) -> None:
    assert classify(status, None, earlier) == outcome
    assert classify(status, "99999", earlier) == outcome


def test_each_error_code_has_one_meaning() -> None:
    assert not PERMANENT & TRANSIENT
    assert not PERMANENT & OPERATOR
    assert not TRANSIENT & OPERATOR


def test_no_two_error_codes_have_the_same_name() -> None:
    assert len(set(NAMES.values())) == len(NAMES)
    assert set(NAMES) == PERMANENT | TRANSIENT | OPERATOR


def test_a_text_that_telnyx_blocks_after_stop_is_refused() -> None:
    assert NAMES[BLOCKED_BY_STOP] == "blocked_by_stop"
    assert classify(400, BLOCKED_BY_STOP, None) == "refused"


@pytest.mark.parametrize("earlier", sorted(UNANSWERED))
def test_a_changed_body_means_that_the_earlier_unanswered_try_was_accepted(earlier: str) -> None:
    assert classify(422, None, earlier) == "sent"
    assert classify(422, None, "503") == "refused"
    assert classify(400, None, earlier) == "refused"
