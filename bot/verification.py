"""What a web app does with a verification: request it, check a code, redeem the approval."""

from __future__ import annotations

from msgspec.structs import replace

from bot import codes, limits
from bot.changes import Draft
from bot.commands import (
    Access,
    CancelRequested,
    CodeChecked,
    Redeemed,
    ResendRequested,
    VerificationRequested,
)
from bot.expiry import as_of, end, has_live_code
from bot.intents import Code, understand
from bot.issue import approve, count_wrong, finish, issue, kill_live_codes
from bot.phone import region_of
from bot.records import DAY, HOUR, LONGEST_LIFE, IdempotentRequest, Verification
from bot.snapshot import (
    Found,
    Limited,
    Mismatch,
    NoCode,
    NotFound,
    Outcome,
    Over,
    Replayed,
)


def request(draft: Draft, wanted: VerificationRequested) -> Outcome:
    """Opens one, once for an idempotency key. A phone that can't have a code gets an object that
    has already failed; a limit refuses and leaves nothing."""
    earlier = _earlier(draft, wanted)
    if earlier is not None:
        return earlier
    opened = _opened(draft, wanted)
    reason = _refusal(draft, opened)
    if reason is not None:
        opened = draft.put_verification(end(opened, "failed", draft.now, reason))
    elif wanted.method == "text":
        if opened.phone is not None:  # so that a STOP finds it, from a phone never heard of
            draft.put_phone(draft.phone(opened.phone))
        opened = draft.put_verification(opened)
    else:
        refusal = _issue(draft, replace(opened, claimed_at=draft.now), wanted.address)
        if refusal is not None:
            return refusal
    if wanted.idempotency_key is not None:
        draft.put_request(
            IdempotentRequest(wanted.idempotency_key, wanted.fingerprint, opened.id, draft.now)
        )
    return _found(draft, opened.id)


def resend(draft: Draft, command: ResendRequested) -> Outcome:
    """Another code to the phone that is known; the tries stay what they are."""
    verification = _visible(draft, command.id, command.access)
    if verification is None:
        return NotFound()
    if verification.status != "pending":
        return Over(verification.status)
    if verification.phone is None or verification.claimed_at is None:
        return NoCode()
    if verification.code_entry == "reply" and _awaits_another(draft, verification):
        return NoCode()
    return _issue(draft, verification, command.address) or _found(draft, verification.id)


def cancel(draft: Draft, command: CancelRequested) -> Outcome:
    """Ends it; nothing is sent about it."""
    verification = _visible(draft, command.id, command.access)
    if verification is None:
        return NotFound()
    if verification.status != "pending":
        return Over(verification.status)
    return Found(finish(draft, verification, "canceled"))


def check(draft: Draft, typed: CodeChecked) -> Outcome:
    """A code typed in the browser: counted on the verification and the day, never a lock."""
    verification = _visible(draft, typed.id, typed.access)
    if verification is None:
        return NotFound()
    if verification.status != "pending":
        return Over(verification.status)
    if not has_live_code(verification) or verification.phone is None:
        return NoCode()
    draft.verifications_of(verification.phone)
    intent = understand(typed.code)
    digits = intent.digits if isinstance(intent, Code) else ""
    if codes.matches(codes.code(draft.policy.secrets, verification), digits):
        approve(draft, verification, digits, "browser_code")
        return _found(draft, verification.id)
    count_wrong(draft, verification)
    phone = limits.count_wrong(draft.phone(verification.phone), draft.now)
    draft.put_phone(phone)
    kill_live_codes(draft, phone)
    return _found(draft, verification.id)


def redeem(draft: Draft, command: Redeemed) -> Outcome:
    """An approval is good for one login."""
    verification = _visible(draft, command.id, command.access)
    if verification is None:
        return NotFound()
    if verification.status != "approved" or verification.redeemed_at is not None:
        return Over(verification.status)
    return Found(draft.put_verification(replace(verification, redeemed_at=draft.now)))


def may_see(access: Access, verification: Verification, now: int) -> bool:
    """Whether the asker may know of it: its web app, an acceptor of stand-alone logins, or the
    holder of its poll token until an hour after the end."""
    if access.client is None:
        ended_at = as_of(verification, now).completed_at
        return ended_at is None or ended_at > now - HOUR
    if verification.client is None:
        return access.standalone
    return verification.client == access.client


def _visible(draft: Draft, id: str, access: Access) -> Verification | None:
    verification = draft.verification(id)
    if verification is None or not may_see(access, verification, draft.now):
        return None
    return verification


def _opened(draft: Draft, wanted: VerificationRequested) -> Verification:
    policy, now = draft.policy, draft.now
    free = (ref for ref in wanted.refs if draft.snapshot.id_of_ref(ref) is None)
    return Verification(
        draft.fresh.id("ver", now),
        1,
        wanted.client,
        wanted.method,
        wanted.code_entry,
        "pending",
        "login",
        wanted.phone,
        wanted.number,
        now,
        now + min(wanted.life or policy.verification_ttl, LONGEST_LIFE),
        policy.max_attempts,
        ref=next(free) if wanted.method == "text" else None,
        reference=wanted.reference,
        label=wanted.label,
        locale=wanted.locale,
        digits=policy.code_length,
        origin=wanted.origin,
        callback_url=wanted.callback_url,
    )


def _earlier(draft: Draft, wanted: VerificationRequested) -> Outcome | None:
    """What this idempotency key has opened in the last 24 hours."""
    if wanted.idempotency_key is None:
        return None
    request = draft.snapshot.rows.requests.get(wanted.idempotency_key)
    if request is None or request.created_at <= draft.now - DAY:
        return None
    if request.fingerprint != wanted.fingerprint:
        return Mismatch()
    verification = draft.verification(request.verification_id)
    return None if verification is None else Replayed(verification)


def _issue(draft: Draft, verification: Verification, address: str | None) -> Limited | None:
    """A code that a browser asked for: its address is counted in addition to the phone."""
    if address is not None:
        window = draft.address(address)
        refusal = limits.may_ask_from(window, draft.now, draft.policy)
        if refusal is not None:
            return Limited(refusal.limit, refusal.until, draft.now)
        draft.put_address(limits.count_address(window, draft.now))
    refusal = issue(draft, verification)
    if refusal is not None:
        draft.rows.addresses.clear()
        return Limited(refusal.limit, refusal.until, draft.now)
    return None


def _awaits_another(draft: Draft, verification: Verification) -> bool:
    """A phone awaits one reply at a time, and a newer request of it has taken that place."""
    assert verification.phone is not None
    return any(
        other.id != verification.id and other.code_entry == "reply" and has_live_code(other)
        for other in draft.verifications_of(verification.phone)
    )


def _refusal(draft: Draft, opened: Verification) -> str | None:
    """Why this phone can have no code, None where it may."""
    if opened.phone is None:
        return None
    draft.verifications_of(opened.phone)
    if not draft.policy.allows(region_of(opened.phone)):
        return "region_not_allowed"
    if draft.conversation(opened.phone, opened.number).opted_out_at is not None:
        return "opted_out"
    if opened.method == "sms" and draft.phone(opened.phone).locked_until > draft.now:
        return "locked"
    return None


def _found(draft: Draft, id: str) -> Found:
    verification = draft.verification(id)
    assert verification is not None
    return Found(verification)
