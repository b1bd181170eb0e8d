"""Which page shows a verification: a pure function of it and of the visit."""

from __future__ import annotations

from bot.decoy import as_shown
from bot.records import Verification
from webhooks.pages.cookie import Visit

#: Pages that change by themselves, when the phone or the clock changes the verification.
LIVE = frozenset({"text", "reply"})
#: Pages with a field for the code.
CODE = frozenset({"code", "reply"})
#: Ends that are told in words, by status or reason.
_ENDS = {
    "expired": "expired",
    "max_attempts_reached": "too_many",
    "canceled": "canceled",
    "superseded": "superseded",
    "denied": "denied",
    "repudiated": "undone",
    "opted_out": "opted_out",
    "undeliverable": "undeliverable",
    "region_not_allowed": "region",
    "locked": "locked",
}


def step_of(known: Verification, visit: Visit, now: int) -> str:
    """The name of the step at `now` (ms): `code`, `code_expired`, `text`, `reply`, `confirm`,
    `done`, or one of the ends."""
    shown = as_shown(known, now)
    if shown.status == "approved":
        return "done" if visit.confirmed or shown.binding == "browser_code" else "confirm"
    if shown.status != "pending":
        return _ENDS.get(shown.reason or "", _ENDS.get(shown.status, "failed"))
    if shown.claimed_at is None:
        return "text"
    if shown.awaiting != "code":
        return "code_expired"
    return "reply" if shown.code_entry == "reply" else "code"
