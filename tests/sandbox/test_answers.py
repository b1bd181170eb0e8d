"""Why the service answered a text as it did, in the words of the sandbox's timeline."""

import pytest

from tests.harness.phone import PHONE
from webhooks.sandbox.answers import ANSWERS, explain
from webhooks.service import catalogue

#: A decision event says why.
_BY_EVENT = {
    *("approved", "now_locked", "wrong", "not_newest"),
    *("denied", "denied_page_closed", "denied_undone", "denied_late"),
    *("wait_seconds", "wait_minutes", "wait_hours", "wait_tomorrow"),
}


def test_every_kind_of_answer_is_explained_or_has_an_event() -> None:
    assert set(ANSWERS) | _BY_EVENT == set(catalogue().kinds)
    assert set(ANSWERS) & _BY_EVENT == set()


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_explanation_names_the_phone_once(kind: str) -> None:
    assert (explain(kind, PHONE) or "").count(PHONE) == 1


def test_what_an_event_says_is_not_said_twice() -> None:
    assert {explain(kind, PHONE) for kind in _BY_EVENT} == {None}
