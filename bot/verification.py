"""What a web app does with a verification: request it, check a code, redeem the approval."""

from __future__ import annotations

from msgspec.structs import replace

from bot import codes, limits
from bot.changes import Changes
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
from bot.outcomes import (
    AlreadyFinished,
    Found,
    Limited,
    Mismatch,
    NoCode,
    NotFound,
    Outcome,
    Replayed,
)
from bot.phone import region_of
from bot.records import DAY_MS, HOUR_MS, LONGEST_LIFE_MS, IdempotentRequest, Verification


def request(changes: Changes, wanted: VerificationRequested) -> Outcome:
    """Opens one, once for an idempotency key. A phone that can't have a code gets an object that
    has already failed; a limit refuses and leaves nothing."""
    earlier = _earlier(changes, wanted)
    if earlier is not None:
        return earlier
    opened = _opened(changes, wanted)
    reason = _refusal(changes, opened)
    if reason is not None:
        opened = changes.put_verification(end(opened, "failed", changes.now, reason))
    elif wanted.method == "text":
        if opened.phone is not None:  # so that a STOP finds it, from a phone never connected of
            changes.put_phone(changes.phone(opened.phone))
        opened = changes.put_verification(opened)
    else:
        refusal = _issue(changes, replace(opened, claimed_at=changes.now), wanted.address)
        if refusal is not None:
            return refusal
    if wanted.idempotency_key is not None:
        changes.put_request(
            IdempotentRequest(wanted.idempotency_key, wanted.fingerprint, opened.id, changes.now)
        )
    return _found(changes, opened.id)


def resend(changes: Changes, command: ResendRequested) -> Outcome:
    """Another code to the phone that is known; the tries stay what they are."""
    verification = _visible(changes, command.id, command.access)
    if verification is None:
        return NotFound()
    if verification.status != "pending":
        return AlreadyFinished(verification.status)
    if verification.phone is None or verification.claimed_at is None:
        return NoCode()
    if verification.code_entry == "reply" and _awaits_another(changes, verification):
        return NoCode()
    return _issue(changes, verification, command.address) or _found(changes, verification.id)


def cancel(changes: Changes, command: CancelRequested) -> Outcome:
    """Ends it; nothing is sent about it."""
    verification = _visible(changes, command.id, command.access)
    if verification is None:
        return NotFound()
    if verification.status != "pending":
        return AlreadyFinished(verification.status)
    return Found(finish(changes, verification, "canceled"))


def check(changes: Changes, typed: CodeChecked) -> Outcome:
    """A code typed in the browser: counted on the verification and the day, never a lock."""
    verification = _visible(changes, typed.id, typed.access)
    if verification is None:
        return NotFound()
    if verification.status != "pending":
        return AlreadyFinished(verification.status)
    if not has_live_code(verification) or verification.phone is None:
        return NoCode()
    changes.verifications_of(verification.phone)
    intent = understand(typed.code)
    digits = intent.digits if isinstance(intent, Code) else ""
    if codes.matches(codes.code(changes.policy.secrets, verification), digits):
        approve(changes, verification, digits, "browser_code")
        return _found(changes, verification.id)
    count_wrong(changes, verification)
    phone = limits.count_wrong(changes.phone(verification.phone), changes.now)
    changes.put_phone(phone)
    kill_live_codes(changes, phone)
    return _found(changes, verification.id)


def redeem(changes: Changes, command: Redeemed) -> Outcome:
    """An approval is good for one login."""
    verification = _visible(changes, command.id, command.access)
    if verification is None:
        return NotFound()
    if verification.status != "approved" or verification.redeemed_at is not None:
        return AlreadyFinished(verification.status)
    return Found(changes.put_verification(replace(verification, redeemed_at=changes.now)))


def may_see(access: Access, verification: Verification, now: int) -> bool:
    """Whether the asker may know of it: its web app, an acceptor of stand-alone logins, or the
    holder of its poll token until an hour after the end."""
    if access.client is None:
        ended_at = as_of(verification, now).completed_at
        return ended_at is None or ended_at > now - HOUR_MS
    if verification.client is None:
        return access.standalone
    return verification.client == access.client


def _visible(changes: Changes, id: str, access: Access) -> Verification | None:
    verification = changes.verification(id)
    if verification is None or not may_see(access, verification, changes.now):
        return None
    return verification


def _opened(changes: Changes, wanted: VerificationRequested) -> Verification:
    policy, now = changes.policy, changes.now
    free = (ref for ref in wanted.refs if changes.snapshot.id_of_ref(ref) is None)
    return Verification(
        changes.ids.id("ver", now),
        1,
        wanted.client,
        wanted.method,
        wanted.code_entry,
        "pending",
        "login",
        wanted.phone,
        wanted.number,
        now,
        now + min(wanted.life or policy.verification_ttl, LONGEST_LIFE_MS),
        policy.max_attempts,
        ref=next(free) if wanted.method == "text" else None,
        reference=wanted.reference,
        label=wanted.label,
        locale=wanted.locale,
        digits=policy.code_length,
        origin=wanted.origin,
        callback_url=wanted.callback_url,
    )


def _earlier(changes: Changes, wanted: VerificationRequested) -> Outcome | None:
    """What this idempotency key has opened in the last 24 hours."""
    if wanted.idempotency_key is None:
        return None
    request = changes.snapshot.rows.requests.get(wanted.idempotency_key)
    if request is None or request.created_at <= changes.now - DAY_MS:
        return None
    if request.fingerprint != wanted.fingerprint:
        return Mismatch()
    verification = changes.verification(request.verification_id)
    return None if verification is None else Replayed(verification)


def _issue(changes: Changes, verification: Verification, address: str | None) -> Limited | None:
    """A code that a browser asked for: its address is counted in addition to the phone."""
    if address is not None:
        window = changes.address(address)
        refusal = limits.may_ask_from(window, changes.now, changes.policy)
        if refusal is not None:
            return Limited(refusal.limit, refusal.until, changes.now)
        changes.put_address(limits.count_address(window, changes.now))
    refusal = issue(changes, verification)
    if refusal is not None:
        changes.rows.addresses.clear()
        return Limited(refusal.limit, refusal.until, changes.now)
    return None


def _awaits_another(changes: Changes, verification: Verification) -> bool:
    """A phone awaits one reply at a time, and a newer request of it has taken that place."""
    assert verification.phone is not None
    return any(
        other.id != verification.id and other.code_entry == "reply" and has_live_code(other)
        for other in changes.verifications_of(verification.phone)
    )


def _refusal(changes: Changes, opened: Verification) -> str | None:
    """Why this phone can have no code, None where it may."""
    if opened.phone is None:
        return None
    changes.verifications_of(opened.phone)
    if not changes.policy.allows(region_of(opened.phone)):
        return "region_not_allowed"
    if changes.conversation(opened.phone, opened.number).opted_out_at is not None:
        return "opted_out"
    if opened.method == "sms" and changes.phone(opened.phone).locked_until > changes.now:
        return "locked"
    return None


def _found(changes: Changes, id: str) -> Found:
    verification = changes.verification(id)
    assert verification is not None
    return Found(verification)
