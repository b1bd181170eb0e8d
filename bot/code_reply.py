"""A code by text: compare it, count a wrong one, lock the phone's replies after too many."""

from __future__ import annotations

from msgspec.structs import replace

from bot import codes, limits, page_door, spraying
from bot.events import Locked, WrongCode
from bot.expiry import has_live_code
from bot.issue import approve, kill_code, kill_live_codes, use_attempt
from bot.policy import REPUDIATION_WINDOW_MS
from bot.records import Binding, Phone, Verification
from bot.turn import Turn


def check(turn: Turn, awaited: Verification, digits: str) -> None:
    """Compare the code with the one that the awaited verification expects."""
    if spraying.is_too_short(turn.changes, awaited):
        kill_code(turn.changes, awaited)
        turn.replies.say("code_expired")
        return
    secrets = turn.changes.policy.secrets
    if codes.matches(codes.code(secrets, awaited), digits):
        binding: Binding = "sms_reply" if awaited.ref is None else "sms_reply_ref"
        approve(turn.changes, awaited, turn.phone, digits, binding)
        turn.replies.conclude("approved")
        return
    is_earlier = codes.is_earlier(secrets, awaited, digits)
    counted = use_attempt(turn.changes, awaited)
    phone = _count_wrong(turn, counted)
    kill_live_codes(turn.changes, phone)
    _tell_wrong(turn, counted.id, phone, digits, is_earlier=is_earlier)


def point_to_page(turn: Turn) -> None:
    """A code by text while only codes to be typed on a page are out: it is not compared."""
    turn.replies.say("type_on_page" if turn.state.live_page_codes() else "code_expired")


def check_again(turn: Turn, digits: str) -> None:
    """Answer a code that comes after an approval. The approving code may be sent once more by a
    person who is unsure."""
    approved, secrets = turn.state.approved(), turn.changes.policy.secrets
    if approved and codes.is_spent(secrets, approved.id, approved.spent, digits):
        turn.replies.already_done((approved.completed_at or 0) + REPUDIATION_WINDOW_MS)
    else:
        turn.replies.hint("hint")


def _count_wrong(turn: Turn, counted: Verification) -> Phone:
    """Count the wrong code on the phone. Too many, or the last attempt, lock its replies."""
    changes, now = turn.changes, turn.changes.now
    phone = limits.count_wrong(changes.phone(turn.phone), now)
    phone = page_door.count_wrong(changes, phone)
    phone = limits.count_wrong_text(phone, now, changes.policy)
    if counted.status != "pending" and phone.locked_until <= now:
        phone = replace(phone, locked_until=now + changes.policy.lockout_ms)
    changes.put(phone)
    changes.report(WrongCode(counted.id, turn.phone, "text", counted.attempts_left))
    if phone.locked_until > now:
        changes.report(Locked(turn.phone, phone.locked_until))
    return phone


def _tell_wrong(turn: Turn, id: str, phone: Phone, digits: str, *, is_earlier: bool) -> None:
    verification = turn.changes.verification(id)
    if phone.locked_until > turn.changes.now:
        minutes = turn.replies.minutes_until(phone.locked_until)
        turn.replies.wrong("now_locked", minutes=minutes)
    elif verification is None or not has_live_code(verification):
        turn.replies.wrong("code_expired")
    elif _is_page_code(turn, digits):
        turn.replies.wrong("type_on_page")
    else:
        kind = "not_newest" if is_earlier else "wrong"
        turn.replies.wrong(kind, left=str(verification.attempts_left))


def _is_page_code(turn: Turn, digits: str) -> bool:
    """Whether it is right for a page. Saying so tells nothing that helps to guess it: the text
    comes from the phone that has got the code."""
    secrets = turn.changes.policy.secrets
    pages = turn.state.live_page_codes()
    return any([codes.matches(codes.code(secrets, one), digits) for one in pages])
