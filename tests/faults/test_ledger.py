"""The ledger sees what is lost and what is doubled."""

from __future__ import annotations

import time

from tests.faults.fault import Bar
from tests.faults.ledger import Ledger
from tests.faults.outcome import Outcome, settle

PHONE = "+12025550123"
CODE, CONFIRMATION = "Textlogin: 482915 is your login code.", "Textlogin: You are verified."


def acknowledged(*texts: str, replied: bool = False) -> Ledger:
    """A phone whose LOGIN, and maybe reply, was acknowledged, and that got these texts."""
    ledger = Ledger()
    ledger.answers[200] += 1
    login = ledger.begin(PHONE)
    login.acknowledged_at = time.monotonic()
    for text in texts:
        ledger.receive(PHONE, text)
    if replied:
        login.reply_acknowledged_at = time.monotonic()
    return ledger


def outcome(ledger: Ledger, approvals: int = 0) -> Outcome:
    return settle(ledger, {PHONE: approvals} if approvals else {}, recovery_s=0.1, bar=Bar())


def test_a_whole_login_is_good() -> None:
    ledger = acknowledged(CODE, CONFIRMATION, replied=True)

    assert ledger.is_settled()
    assert outcome(ledger, approvals=1).verdict == "good"


def test_an_acknowledged_login_without_a_code_is_lost() -> None:
    assert outcome(acknowledged()).lost == 1


def test_an_acknowledged_right_reply_without_an_approval_is_lost() -> None:
    assert outcome(acknowledged(CODE, CONFIRMATION, replied=True), approvals=0).lost == 1


def test_an_approval_that_no_text_confirms_is_unconfirmed() -> None:
    found = outcome(acknowledged(CODE, replied=True), approvals=1)

    assert (found.lost, found.unconfirmed) == (0, 1)


def test_a_second_code_confirmation_or_approval_is_doubled() -> None:
    assert outcome(acknowledged(CODE, CODE)).doubled == 1
    assert outcome(acknowledged(CODE, CONFIRMATION, CONFIRMATION, replied=True), 1).doubled == 1
    assert outcome(acknowledged(CODE, CONFIRMATION, replied=True), approvals=2).doubled == 1


def test_what_was_not_acknowledged_may_be_lost() -> None:
    ledger = acknowledged(CODE, CONFIRMATION, replied=True)
    ledger.begin("+12025550124")

    assert outcome(ledger, approvals=1).verdict == "good"


def test_a_bar_that_is_not_reached_is_named() -> None:
    ledger = acknowledged(CODE, CONFIRMATION, replied=True)
    ledger.answers[503] += 1

    found = settle(ledger, {PHONE: 1}, recovery_s=3, bar=Bar(refused=0))

    assert found.problems == ["recovery over 2 s", "webhooks refused"]
