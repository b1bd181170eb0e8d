"""What a web app does with a verification: request it, check a code, redeem the approval."""

from __future__ import annotations

from msgspec.structs import replace

from bot import codes, guard, limits, page_door, spraying
from bot.changes import Changes
from bot.commands import (
    Access,
    CancelRequested,
    CodeChecked,
    Redeemed,
    ResendRequested,
    VerificationRequested,
)
from bot.events import Refused, RequestFailed, WrongCode
from bot.expiry import as_of, has_live_code
from bot.issue import approve, finish, issue, kill_code, kill_live_codes, use_attempt
from bot.limits import Refusal
from bot.opening import await_login, new_verification, reason_against
from bot.outcomes import (
    AlreadyFinished,
    Found,
    Limited,
    Mismatch,
    NoCode,
    NotFound,
    NotRedeemable,
    Outcome,
    Replayed,
)
from bot.policy import IDEMPOTENCY_MS, POLL_TOKEN_GRACE_MS, REDEEM_WINDOW_MS
from bot.records import IdempotentRequest, Reason, Verification
from bot.written_code import typed_code


def request(changes: Changes, wanted: VerificationRequested) -> Outcome:
    """Open a verification, once per idempotency key.

    If the phone cannot have a code, the verification is opened and fails at once. If a limit
    refuses, none is opened.
    """
    earlier = _earlier(changes, wanted)
    if earlier is not None:
        return earlier
    opened = new_verification(changes, wanted)
    reason = reason_against(changes, opened)
    if reason is not None:
        opened = _fail(changes, opened, reason)
    elif wanted.method == "text":
        full = await_login(changes, opened)
        if full is not None:
            return _limited(changes, opened.phone or "", full)
    else:
        claimed = replace(opened, claimed_at=changes.now)
        refusal = _issue_for_page(changes, claimed, wanted.address)
        if isinstance(refusal, Limited) and refusal.limit in limits.OF_A_PHONE:
            return replace(refusal, verification_id=_live_one(changes, wanted))
        if refusal is not None:
            return refusal
    remember(changes, wanted.idempotency_key, wanted.fingerprint, opened)
    return _found(changes, opened.id)


def resend(changes: Changes, command: ResendRequested) -> Outcome:
    """Send another code to the verification's phone. The attempts are not reset."""
    verification = _pending(changes, command.id, command.access)
    if not isinstance(verification, Verification):
        return verification
    if verification.phone is None or verification.claimed_at is None:
        return NoCode()
    if verification.code_entry == "reply" and _awaits_another(changes, verification):
        return NoCode()
    if page_door.is_closed(changes.phone(verification.phone), changes.now):
        return _refuse_resend(changes, verification)
    refusal = _issue_for_page(changes, verification, command.address)
    return refusal or _found(changes, verification.id)


def cancel(changes: Changes, command: CancelRequested) -> Outcome:
    """Cancel a pending verification. The phone gets no text about it."""
    verification = _pending(changes, command.id, command.access)
    if not isinstance(verification, Verification):
        return verification
    return Found(finish(changes, verification, "canceled"))


def check(changes: Changes, typed: CodeChecked) -> Outcome:
    """Compare a code typed in the browser. A wrong one counts against the verification and
    against the phone's daily limit, and never locks the phone."""
    verification = _pending(changes, typed.id, typed.access)
    if not isinstance(verification, Verification):
        return verification
    phone = verification.phone
    if not has_live_code(verification) or phone is None:
        return NoCode()
    if (verification.client or typed.access.client) in typed.reply_only:
        return NoCode()  # none that may be typed
    changes.record_expiry(phone)
    if spraying.is_too_short(changes, verification):
        kill_code(changes, verification)
        return NoCode()
    expected = codes.code(changes.policy.secrets, verification)
    if expected is None:
        return NoCode()  # its secret key is gone: no code could be right
    digits = typed_code(typed.code) or ""
    if codes.matches(expected, digits):
        approve(changes, verification, phone, digits, "browser_code")
        if verification.method == "sms":
            guard.count_approval(changes, verification, phone)
    else:
        _count_wrong(changes, verification, phone)
    return _found(changes, verification.id)


def redeem(changes: Changes, command: Redeemed) -> Outcome:
    """Turn the approval into its one login, once per idempotency key."""
    verification = _visible(changes, command.id, command.access)
    if verification is None:
        return NotFound()
    if command.idempotency_key and _remembered(changes, command.idempotency_key):
        return Replayed(verification)
    why = _not_redeemable(verification, changes.now)
    if why is not None:
        return AlreadyFinished(verification.status, why)
    remember(changes, command.idempotency_key, "", verification)
    return Found(changes.put_verification(replace(verification, redeemed_at=changes.now)))


def may_see(access: Access, verification: Verification, now: int) -> bool:
    """Whether the caller may see a verification.

    Its web app may; so may a web app that accepts stand-alone logins, if it is one; so may the
    holder of its poll token, until an hour after its end. An operator always may.
    """
    if access.operator:
        return True
    if access.client is None:
        ended_at = as_of(verification, now).completed_at
        return ended_at is None or ended_at > now - POLL_TOKEN_GRACE_MS
    if verification.client is None:
        return access.standalone
    return verification.client == access.client


# -- finding ---------------------------------------------------------------------------------------


def _visible(changes: Changes, id: str, access: Access) -> Verification | None:
    verification = changes.verification(id)
    if verification is None or not may_see(access, verification, changes.now):
        return None
    return verification


def _pending(
    changes: Changes, id: str, access: Access
) -> Verification | NotFound | AlreadyFinished:
    verification = _visible(changes, id, access)
    if verification is None:
        return NotFound()
    if verification.status != "pending":
        return AlreadyFinished(verification.status)
    return verification


def _found(changes: Changes, id: str) -> Found | NotFound:
    verification = changes.verification(id)
    return NotFound() if verification is None else Found(verification)


def _earlier(changes: Changes, wanted: VerificationRequested) -> Outcome | None:
    """The outcome if this idempotency key was used in the last 24 hours, else None."""
    request = _remembered(changes, wanted.idempotency_key) if wanted.idempotency_key else None
    if request is None:
        return None
    if request.fingerprint != wanted.fingerprint:
        return Mismatch()
    verification = changes.verification(request.verification_id)
    return None if verification is None else Replayed(verification)


def _remembered(changes: Changes, key: str) -> IdempotentRequest | None:
    """What this idempotency key was used for in the last 24 hours."""
    request = changes.snapshot.rows.idempotent_requests.get(key)
    return request if request and request.created_at > changes.now - IDEMPOTENCY_MS else None


def remember(
    changes: Changes, key: str | None, fingerprint: str, verification: Verification
) -> None:
    """Keep what an idempotency key, if there is one, was used for."""
    if key is not None:
        changes.put(IdempotentRequest(key, fingerprint, verification.id, changes.now))


def _not_redeemable(verification: Verification, now: int) -> NotRedeemable | None:
    if verification.status != "approved":
        return "not_approved"
    if verification.redeemed_at is not None:
        return "redeemed"
    return "too_old" if (verification.completed_at or 0) <= now - REDEEM_WINDOW_MS else None


# -- codes -----------------------------------------------------------------------------------------


def _fail(changes: Changes, verification: Verification, reason: Reason) -> Verification:
    changes.report(RequestFailed(verification.id, verification.phone or "", reason))
    return finish(changes, verification, "failed", reason)


def _refuse_resend(changes: Changes, verification: Verification) -> Outcome:
    """While the page door is closed, a code that a page asked for fails. One that the phone asked
    for by text can be asked for again by text only."""
    if verification.method == "text":
        return NoCode()
    _fail(changes, verification, "blocked")
    return _found(changes, verification.id)


def _issue_for_page(
    changes: Changes, verification: Verification, address: str | None
) -> Limited | NoCode | None:
    """Send a code that a page asked for. It counts for the client address and for the phone."""
    if verification.phone is None:
        return NoCode()
    window = changes.address(address) if address is not None else None
    refusal = limits.may_ask_from(window, changes.now, changes.policy) if window else None
    refusal = refusal or guard.refusal(changes, verification.phone, address, verification.client)
    refusal = refusal or issue(changes, verification, verification.phone, "page")
    if refusal is not None:
        return _limited(changes, verification.phone, refusal)
    guard.count_code(changes, verification.phone, address, verification.client)
    if window is not None:
        changes.put(limits.count_address(window, changes.now))
    return None


def _limited(changes: Changes, phone: str, refusal: Refusal) -> Limited:
    if refusal.limit != guard.LIMIT:  # which reports itself
        changes.report(Refused(phone, "page", refusal.limit, refusal.until))
    return Limited(refusal.limit, refusal.until, changes.now)


def _live_one(changes: Changes, wanted: VerificationRequested) -> str | None:
    """The id of the newest pending verification that this web app has with this phone."""
    ids = (
        one.id
        for one in reversed(changes.verifications_of(wanted.phone or ""))
        if one.client == wanted.client and one.status == "pending" and one.claimed_at is not None
    )
    return next(ids, None)


def _count_wrong(changes: Changes, verification: Verification, phone: str) -> None:
    updated = use_attempt(changes, verification)
    changes.report(WrongCode(verification.id, phone, "page", updated.attempts_left))
    counted = limits.count_wrong(changes.phone(phone), changes.now)
    counted = page_door.count_wrong(changes, counted)
    changes.put(counted)
    kill_live_codes(changes, counted)


def _awaits_another(changes: Changes, verification: Verification) -> bool:
    """Whether another verification awaits this phone's reply: only one may do so at a time."""
    phone = verification.phone or ""
    changes.record_expiry(phone)
    return any(
        other.id != verification.id and other.code_entry == "reply" and has_live_code(other)
        for other in changes.verifications_of(phone)
    )
