"""Opening a verification: its first state, its ref, and whether its phone may have a code."""

from __future__ import annotations

from bot import page_door
from bot.changes import Changes
from bot.commands import VerificationRequested
from bot.limits import Refusal
from bot.open_requests import may_open
from bot.policy import LONGEST_LIFE_MS
from bot.records import Reason, Verification


def new_verification(changes: Changes, wanted: VerificationRequested) -> Verification:
    """What the request asks for, not yet stored."""
    policy, now = changes.policy, changes.now
    free = (ref for ref in wanted.refs if _is_free(changes, ref))
    return Verification(
        id=changes.ids.id("ver", now),
        revision=1,
        client=wanted.client,
        method=wanted.method,
        code_entry=wanted.code_entry,
        status="pending",
        awaiting="login",
        phone=wanted.phone,
        number=wanted.number,
        created_at=now,
        expires_at=now + min(wanted.life or policy.verification_ttl_ms, LONGEST_LIFE_MS),
        attempts_left=policy.max_attempts,
        ref=next(free) if wanted.method == "text" else None,
        reference=wanted.reference,
        label=wanted.label,
        locale=wanted.locale,
        digits=policy.code_length,
        origin=wanted.origin,
        callback_url=wanted.callback_url,
        address=wanted.address,
    )


def _is_free(changes: Changes, ref: str) -> bool:
    """Whether no pending request has this ref. If time alone has ended the one that had it, that is
    stored now: the database has each ref of a pending request once."""
    holder = changes.verification_of_ref(ref)
    if holder is None or holder.status == "pending":
        return holder is None
    if holder.id in changes.rows.verifications:
        return True
    committed = changes.snapshot.rows.verifications[holder.id]
    if committed.status == "pending":
        changes.put_verification(holder)
    return True


def await_login(changes: Changes, new: Verification) -> Refusal | None:
    """Open a request that waits for its ref, unless too many do."""
    refusal = may_open(changes.snapshot.open_requests.values(), new, changes.policy)
    if refusal is not None:
        return refusal
    if new.phone is not None:
        # Without a row for the phone, its STOP would not find this verification.
        changes.put(changes.phone(new.phone))
    changes.put_verification(new)
    return None


def reason_against(changes: Changes, new: Verification) -> Reason | None:
    """Why this phone can have no code; None if it may have one."""
    if new.phone is None:
        return None
    changes.record_expiry(new.phone)
    forbidden = changes.policy.reason_against(new.phone)
    if forbidden is not None:
        return forbidden
    if changes.conversation(new.phone, new.number).opted_out_at is not None:
        return "opted_out"
    known = changes.phone(new.phone)
    if new.method == "sms" and page_door.is_closed(known, changes.now):
        return "blocked"
    return None
