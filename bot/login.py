"""LOGIN and RESEND by text: a stand-alone login, or a web app's request that the phone claims."""

from __future__ import annotations

from msgspec.structs import replace

from bot import limits
from bot.conversation_state import Phase
from bot.intents import Intent, Login
from bot.issue import finish, issue
from bot.policy import LONGEST_LIFE_MS
from bot.records import MINUTE_MS, Verification
from bot.turn import Turn


def login(turn: Turn, ref: str | None) -> None:
    """LOGIN, with or without a ref."""
    if turn.state.phase is Phase.OPTED_OUT and turn.state.is_locked:
        return
    if ref is None:
        _login_alone(turn)
    else:
        _login_with_ref(turn, ref)


def miss_ref(turn: Turn) -> None:
    """A ref that is unknown, used or another phone's. All get one answer, to reveal nothing."""
    phone = turn.changes.phone(turn.phone)
    if limits.refs_blocked(phone, turn.changes.now):
        return
    turn.changes.put(limits.count_ref_miss(phone, turn.changes.now))
    turn.replies.say("ref_unknown")


def refuse_region(turn: Turn, intent: Intent) -> None:
    """Send nothing to this region, but end the request that the phone would have claimed."""
    phone = turn.changes.phone(turn.phone)
    ref = intent.ref if isinstance(intent, Login) else None
    if ref is None or limits.refs_blocked(phone, turn.changes.now):
        return
    wanted = _claimable(turn, ref)
    if wanted is None:
        turn.changes.put(limits.count_ref_miss(phone, turn.changes.now))
    else:
        finish(turn.changes, wanted, "failed", "region_not_allowed")


def send_code(turn: Turn, verification: Verification) -> None:
    """Send the next code of a verification, or tell the phone how long to wait."""
    if verification.code_entry == "reply":
        _supersede_awaited(turn, verification)
    refusal = issue(turn.changes, replace(verification, number=turn.number), turn.phone)
    if refusal is not None:
        turn.refuse(refusal)


def _login_alone(turn: Turn) -> None:
    """LOGIN without a ref. It neither completes nor ends a web app's request."""
    awaited = turn.state.awaited()
    if awaited is not None and awaited.client is not None:
        turn.replies.say("reply_or_no")
        return
    earlier = awaited or turn.state.dead_standalone()
    if earlier is None or earlier.created_at + LONGEST_LIFE_MS - turn.changes.now < MINUTE_MS:
        earlier = _standalone(turn)  # the earlier one ends too soon for another code
    send_code(turn, earlier)


def _login_with_ref(turn: Turn, ref: str) -> None:
    if limits.refs_blocked(turn.changes.phone(turn.phone), turn.changes.now):
        return
    mine = turn.state.claimed_with(ref)
    if mine is not None:
        send_code(turn, mine)
        return
    wanted = _claimable(turn, ref)
    if wanted is None:
        miss_ref(turn)
    else:
        _claim(turn, wanted)


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
    issue(changes, claimed, turn.phone)


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
