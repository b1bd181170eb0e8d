"""Turns the outcome of a command into the verification, or into the problem to answer with."""

from __future__ import annotations

from collections.abc import Mapping

from bot.outcomes import (
    AlreadyFinished,
    Found,
    Limited,
    NoCode,
    NotFound,
    NotRedeemable,
    Outcome,
    Replayed,
)
from bot.records import Status, Verification
from webhooks.clients.authentication import not_found
from webhooks.http.problems import Problem

_NOT_REDEEMABLE: Mapping[NotRedeemable, str] = {
    "redeemed": "The approval was redeemed before.",
    "too_old": "The approval is more than 15 minutes old.",
    "not_approved": "The verification is {status}.",
}


def verification_of(outcome: Outcome) -> Verification:
    """The verification after the command. Raises Problem if the command was refused."""
    match outcome:
        case Found(verification) | Replayed(verification):
            return verification
        case AlreadyFinished(status, why):
            raise _over(status, why)
        case NoCode():
            raise Problem("no_code", "No active code.")
        case Limited():
            raise _limited(outcome)
        case NotFound():
            raise not_found()
    raise AssertionError(outcome)


def _over(status: Status, why: NotRedeemable | None) -> Problem:
    if why is None:
        return Problem("over", f"The verification is {status}.", verification_status=status)
    detail = _NOT_REDEEMABLE[why].format(status=status)
    return Problem("over", detail, verification_status=status, why=why)


#: What is possible again after a limit that is not one on codes.
_LIMITED = {"open_per_app": "Another verification can be opened"}


def _limited(refusal: Limited) -> Problem:
    """429. `retry_after` is in whole seconds, rounded up, at least 1."""
    seconds = max(-(-(refusal.until - refusal.now) // 1000), 1)
    live = {"verification_id": refusal.verification_id} if refusal.verification_id else {}
    return Problem(
        "limited",
        f"{_LIMITED.get(refusal.limit, 'Another code can be sent')} in {seconds} s.",
        headers={"Retry-After": str(seconds)},
        limit=refusal.limit,
        retry_after=seconds,
        **live,
    )
