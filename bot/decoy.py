"""Decoys: verifications that read as if a code were out, though no code can approve them.

The hosted pages must not tell whether a phone may have a code. A *discreet* request for a code that
a lock, an opt-out or a limit of the phone refuses opens a decoy. It has tries, a countdown and an
expiry like any other, and costs the same work. It holds no phone, so it changes nothing for its
owner. A verification that failed or was denied before its code was typed reads as a decoy too.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot import limits, spraying, verification
from bot.changes import Changes
from bot.commands import CodeChecked, ResendRequested, VerificationRequested
from bot.events import Refused
from bot.expiry import as_of, has_live_code
from bot.issue import finish
from bot.opening import new_verification
from bot.outcomes import AlreadyFinished, Found, Limited, NoCode, Outcome
from bot.policy import LONGEST_LIFE_MS
from bot.records import MINUTE_MS, Verification

#: The limit that a page may tell: it says nothing about a phone.
_ADDRESS_LIMIT = "codes_per_ip_hour"
_WINDOW_MS = 10 * MINUTE_MS


def is_decoy(known: Verification) -> bool:
    """Whether no code can approve it, though it was opened to send one."""
    if known.method != "sms" or known.reason in ("repudiated", "region_not_allowed"):
        return False
    return known.phone is None or known.status in ("failed", "denied")


def as_shown(known: Verification, now: int) -> Verification:
    """How a page shows a verification at `now` (ms): a decoy as if its code were out."""
    if not is_decoy(known) or known.status not in ("failed", "denied"):
        return as_of(known, now)
    if known.attempts_left <= 0:
        return replace(known, status="max_attempts_reached", reason=None)
    awaiting = "code" if known.code_expires_at else "login"
    return as_of(
        replace(known, status="pending", awaiting=awaiting, reason=None, completed_at=None), now
    )


def request(changes: Changes, wanted: VerificationRequested) -> Outcome:
    """Open a verification. If the phone cannot have a code, the outcome does not tell."""
    refusal = _address_refusal(changes, wanted.address)
    if refusal is not None:
        return refusal
    outcome = verification.request(changes, wanted)
    match outcome:
        case Found(failed) if is_decoy(failed):
            opened = failed
        case Limited() if outcome.limit != _ADDRESS_LIMIT:
            opened = new_verification(changes, wanted)
            verification.remember(changes, wanted.idempotency_key, wanted.fingerprint, opened)
        case _:
            return outcome
    _count_address(changes, wanted.address)
    return Found(_hold_out(changes, _anonymous(changes, opened, wanted.phone or "")))


def check(changes: Changes, typed: CodeChecked) -> Outcome:
    """Compare a code. On a decoy it is wrong and uses up a try."""
    decoy = _find(changes, typed)
    if decoy is None:
        return verification.check(changes, typed)
    shown = as_shown(decoy, changes.now)
    if shown.status != "pending":
        return AlreadyFinished(shown.status)
    if not has_live_code(shown):
        return NoCode()
    if spraying.is_too_short(changes, shown):
        changes.put_verification(replace(decoy, code_expires_at=changes.now))
        return NoCode()
    counted = replace(decoy, attempts_left=decoy.attempts_left - 1)
    if counted.attempts_left == 0 and counted.status == "pending":
        return Found(finish(changes, counted, "max_attempts_reached"))
    return Found(changes.put_verification(counted))


def resend(changes: Changes, command: ResendRequested) -> Outcome:
    """Send another code, or on a decoy behave as if one was sent.

    It tells the cooldown, the limit of its own codes and the address's limit, nothing else.
    """
    known = changes.verification(command.id)
    if known is None or not verification.may_see(command.access, known, changes.now):
        return verification.resend(changes, command)
    refusal = _own_refusal(changes, known) or _address_refusal(changes, command.address)
    if refusal is not None:
        return refusal
    if not is_decoy(known):
        outcome = verification.resend(changes, command)
        if not isinstance(outcome, Limited):
            return outcome
    elif as_shown(known, changes.now).status != "pending":
        return AlreadyFinished(as_shown(known, changes.now).status)
    _count_address(changes, command.address)
    return Found(_hold_out(changes, known))


def _find(changes: Changes, typed: CodeChecked) -> Verification | None:
    known = changes.verification(typed.id)
    if known is None or not is_decoy(known):
        return None
    return known if verification.may_see(typed.access, known, changes.now) else None


def _anonymous(changes: Changes, opened: Verification, phone: str) -> Verification:
    """Pending, without the phone, and with as many digits as the phone's next code has."""
    return replace(
        opened,
        status="pending",
        reason=None,
        completed_at=None,
        phone=None,
        callback_url=None,
        claimed_at=changes.now,
        digits=spraying.code_digits(changes, changes.phone(phone)),
    )


def _hold_out(changes: Changes, known: Verification) -> Verification:
    """Behave as if a code was sent now. A live code of a real verification stays good."""
    policy, now = changes.policy, changes.now
    held = replace(known, resend_at=now + policy.resend_cooldown_ms)
    if is_decoy(known) or not has_live_code(known):
        expires_at = min(now + policy.code_ttl_ms, known.created_at + LONGEST_LIFE_MS)
        held = replace(
            held,
            seed=None,
            digits=spraying.at_least(changes, known.digits),
            codes=known.codes + 1,
            code_expires_at=expires_at,
            expires_at=max(known.expires_at, expires_at),
        )
        if known.status == "pending":
            held = replace(held, awaiting="code")
    return changes.put_verification(held)


def _own_refusal(changes: Changes, known: Verification) -> Limited | None:
    """What the verification's own codes refuse: the person who asks knows how many there were."""
    limit, until = "resend_cooldown", known.resend_at or 0
    if known.codes >= changes.policy.codes_per_10_min:
        window_ends = known.created_at + _WINDOW_MS
        if window_ends > until:
            limit, until = "codes_per_10_min", window_ends
    return Limited(limit, until, changes.now) if until > changes.now else None


def _address_refusal(changes: Changes, address: str | None) -> Limited | None:
    if address is None:
        return None
    refusal = limits.may_ask_from(changes.address(address), changes.now, changes.policy)
    if refusal is None:
        return None
    changes.report(Refused("", "page", refusal.limit, refusal.until))
    return Limited(refusal.limit, refusal.until, changes.now)


def _count_address(changes: Changes, address: str | None) -> None:
    if address is not None:
        changes.put(limits.count_address(changes.address(address), changes.now))
