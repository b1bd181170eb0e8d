"""NO: deny what is pending, take back recent approvals, tell the web apps of older ones."""

from __future__ import annotations

from msgspec.structs import replace

from bot.commands import PAGES_CLIENT
from bot.events import Denied, Repudiated
from bot.expiry import is_recent_approval
from bot.issue import finish
from bot.page_door import close_after_no
from bot.policy import LATE_REPUDIATION_MS
from bot.records import Verification
from bot.turn import Turn


def deny(turn: Turn) -> None:
    """Take back all that a NO may, and say what that was."""
    kind = take_back(turn)
    if kind is not None:
        turn.replies.conclude(kind)
    elif turn.state.is_locked:
        turn.replies.locked()
    else:
        turn.replies.nothing_waits()


def take_back(turn: Turn) -> str | None:
    """Carry out a NO. Returns the kind of its answer, None if there was nothing to deny.

    It denies everything at once, because an attacker could hide an approval behind another
    request. If a page asked for one of the codes, the page door closes.
    """
    known, now = turn.state.known_to_sender(), turn.changes.now
    pending = [one for one in known if one.status == "pending" and one.codes]
    recent = [one for one in known if is_recent_approval(one, now)]
    for one in pending:
        _deny(turn, one)
    for one in recent:
        _deny(turn, one, repudiated=True)
    closed = any(one.method == "sms" for one in (*pending, *recent))
    if closed:
        close_after_no(turn.changes, turn.changes.phone(turn.phone))
    late = _pass_on(turn, [one for one in known if one not in recent])
    if any(one.redeemed_at is not None for one in recent):
        return "denied_late"
    if pending and recent:
        return "denied_undone"
    if pending or recent:
        return "denied_page_closed" if closed else "denied"
    return _too_late(late) if late else None


def _deny(turn: Turn, verification: Verification, *, repudiated: bool = False) -> None:
    if repudiated:
        told = replace(verification, repudiated_at=turn.changes.now)
        finish(turn.changes, told, "denied", "repudiated")
    else:
        finish(turn.changes, verification, "denied")
    turn.changes.report(Denied(verification.id, turn.phone, "repudiated" if repudiated else None))


def _too_late(passed_on: list[Verification]) -> str:
    """Only a web app is told: a login by text alone and one on the pages concern no other."""
    is_told = any(one.client not in (None, PAGES_CLIENT) for one in passed_on)
    return "too_late" if is_told else "too_late_alone"


def _pass_on(turn: Turn, known: list[Verification]) -> list[Verification]:
    """Tell the web apps of older approvals, which stand, once. Returns these approvals."""
    now = turn.changes.now
    found = []
    for one in known:
        if is_recent_approval(one, now, LATE_REPUDIATION_MS) and one.repudiated_at is None:
            turn.changes.put_verification(replace(one, repudiated_at=now))
            turn.changes.report(Repudiated(one.id, turn.phone))
            found.append(one)
    return found
