"""Telnyx's errors in words."""

from bot.telnyx_cures import cure
from bot.telnyx_errors import NAMES, OPERATOR, UNANSWERED

UNKNOWN = cure("99999")


def test_every_known_error_has_a_meaning_and_a_cure_of_its_own() -> None:
    assert [code for code in (*NAMES, *UNANSWERED) if cure(code) == UNKNOWN] == []


def test_what_the_operator_must_mend_says_how() -> None:
    nothing = {code for code in OPERATOR if cure(code).cure.startswith("Nothing to do")}
    assert nothing <= {"40320"}  # it passes by itself


def test_an_unknown_error_says_where_to_look_it_up() -> None:
    assert "documentation" in cure(None).cure
