"""LOGIN and RESEND by text: a stand-alone login, or a web app's request that the phone claims."""

from __future__ import annotations

from msgspec.structs import replace

from bot import limits
from bot.conversation_state import Phase
from bot.events import TextIgnored
from bot.intents import Intent, Login
from bot.issue import finish, issue
from bot.policy import LONGEST_LIFE_MS
from bot.records import MINUTE_MS, Forbidden, Verification
from bot.turn import Turn


def login(turn: Turn, ref: str | None) -> None:
    """LOGIN, with or without a ref."""
    if turn.state.phase is Phase.OPTED_OUT:
        if turn.state.has_own_stop:
            _tell_start(turn, ref)
            return
        if turn.state.is_locked:
            return
    if ref is not None:
        _login_with_ref(turn, ref)
    elif turn.state.is_locked:
        turn.replies.locked()
    else:
        _login_alone(turn)


def mistype_ref(turn: Turn) -> None:
    """Letters that cannot be a ref. They are answered like a wrong one, and not counted."""
    if not _refs_blocked(turn):
        _tell_ref_unknown(turn)


def refuse(turn: Turn, intent: Intent, why: Forbidden) -> None:
    """Send nothing to this phone, but end the request that it would have claimed."""
    phone, now = turn.changes.phone(turn.phone), turn.changes.now
    turn.changes.report(TextIgnored(turn.phone, why))
    ref = intent.ref if isinstance(intent, Login) else None
    if ref is None or limits.refs_blocked_until(phone, now) is not None:
        return
    wanted = _claimable(turn, ref)
    if wanted is None:
        turn.changes.put(limits.count_ref_miss(phone, now))
    else:
        finish(turn.changes, wanted, "failed", why)


def send_code(turn: Turn, verification: Verification) -> None:
    """Send the next code of a verification, or tell the phone how long to wait."""
    if verification.code_entry == "reply":
        _supersede_awaited(turn, verification)
    if verification.number != turn.number:
        verification = replace(verification, number=turn.number)
    refusal = issue(turn.changes, verification, turn.phone, "text")
    if refusal is not None:
        turn.refuse(refusal)


def _login_alone(turn: Turn) -> None:
    """LOGIN without a ref. It neither completes nor ends a web app's request."""
    awaited = turn.state.awaited()
    if awaited is not None and awaited.client is not None:
        _tell_page_waits(turn, awaited)
        return
    earlier = awaited or turn.state.dead_standalone()
    if earlier is None or earlier.created_at + LONGEST_LIFE_MS - turn.changes.now < MINUTE_MS:
        earlier = _standalone(turn)  # the earlier one ends too soon for another code
    send_code(turn, earlier)


def _tell_page_waits(turn: Turn, awaited: Verification) -> None:
    """Name the page that waits: it may be another person's."""
    if awaited.label:
        turn.replies.say("page_waits_label", label=awaited.label)
    else:
        turn.replies.say("page_waits")


def _tell_start(turn: Turn, ref: str | None) -> None:
    """LOGIN after an own stop sends no code: anybody could text it in the phone's name."""
    if ref is None:
        turn.replies.say_start()
    elif not _refs_blocked(turn):
        if _claimable(turn, ref) is None:
            _miss_ref(turn)
        else:
            turn.replies.say_start()


def _login_with_ref(turn: Turn, ref: str) -> None:
    if _refs_blocked(turn):
        return
    mine = turn.state.claimed_with(ref)
    wanted = mine or _claimable(turn, ref)
    if wanted is None:
        _miss_ref(turn)
    elif turn.state.is_locked and wanted.code_entry == "reply":
        turn.replies.locked()
    elif mine is not None:
        send_code(turn, mine)
    else:
        _claim(turn, wanted)


def _miss_ref(turn: Turn) -> None:
    """A ref that is unknown, used or another phone's. All get one answer, to reveal nothing."""
    phone = turn.changes.phone(turn.phone)
    turn.changes.put(limits.count_ref_miss(phone, turn.changes.now))
    _tell_ref_unknown(turn)


def _tell_ref_unknown(turn: Turn) -> None:
    if turn.state.is_locked:
        turn.replies.locked()
    else:
        turn.replies.say("ref_unknown")


def _refs_blocked(turn: Turn) -> bool:
    """Whether this phone's refs are ignored. Tells it how long, once."""
    until = limits.refs_blocked_until(turn.changes.phone(turn.phone), turn.changes.now)
    if until is not None:
        turn.replies.refs_blocked(until)
    return until is not None


def _claimable(turn: Turn, ref: str) -> Verification | None:
    wanted = turn.changes.verification_of_ref(ref)
    if wanted is None or wanted.status != "pending" or wanted.claimed_at is not None:
        return None
    return wanted if wanted.phone in (None, turn.phone) else None


def _claim(turn: Turn, wanted: Verification) -> None:
    """Bind the request to this phone. A phone has one awaited reply at most, so this cancels its
    older requests."""
    refusal = turn.refusal()
    if refusal is not None:
        turn.refuse(refusal)
        return
    changes = turn.changes
    if wanted.code_entry == "reply":
        for older in turn.state.open_replies():
            finish(changes, older, "canceled", "superseded")
    claimed = replace(wanted, phone=turn.phone, number=turn.number, claimed_at=changes.now)
    issue(changes, claimed, turn.phone, "text")


def _standalone(turn: Turn) -> Verification:
    """A login that no web app has opened."""
    now, policy = turn.changes.now, turn.changes.policy
    return Verification(
        id=turn.changes.ids.id("ver", now),
        revision=1,
        client=None,
        method="text",
        code_entry="reply",
        status="pending",
        awaiting="login",
        phone=turn.phone,
        number=turn.number,
        created_at=now,
        expires_at=now + min(policy.verification_ttl_ms, LONGEST_LIFE_MS),
        attempts_left=policy.max_attempts,
        claimed_at=now,
    )


def _supersede_awaited(turn: Turn, verification: Verification) -> None:
    """End the awaited reply in favour of an older verification that gets a new code."""
    awaited = turn.state.awaited()
    if awaited is None or awaited.id == verification.id:
        return
    if turn.refusal() is None:
        finish(turn.changes, awaited, "canceled", "superseded")
