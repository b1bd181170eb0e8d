"""Turns the outcome of a command into the verification, or into the problem to answer with."""

from __future__ import annotations

from bot.outcomes import AlreadyFinished, Found, Limited, NoCode, NotFound, Outcome, Replayed
from bot.records import Verification
from webhooks.clients.authentication import not_found
from webhooks.http.problems import Problem


def verification_of(outcome: Outcome) -> Verification:
    """The verification after the command. Raises Problem if the command was refused."""
    match outcome:
        case Found(verification) | Replayed(verification):
            return verification
        case AlreadyFinished(status):
            raise Problem("over", f"The verification is {status}.", verification_status=status)
        case NoCode():
            raise Problem("no_code", "No active code.")
        case Limited():
            raise _limited(outcome)
        case NotFound():
            raise not_found()
    raise AssertionError(outcome)


def _limited(refusal: Limited) -> Problem:
    """429. `retry_after` is in whole seconds, rounded up, at least 1."""
    seconds = max(-(-(refusal.until - refusal.now) // 1000), 1)
    return Problem(
        "limited",
        f"Another code can be sent in {seconds} s.",
        headers={"Retry-After": str(seconds)},
        limit=refusal.limit,
        retry_after=seconds,
    )
