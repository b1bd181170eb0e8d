"""The life of a code: issue it within the limits, approve, count a wrong code, end it."""

from __future__ import annotations

import re

from msgspec.structs import replace

from bot import ceilings, codes, limits, page_door, spraying
from bot.changes import Changes
from bot.events import Approved, Door
from bot.expiry import end, has_live_code
from bot.limits import Refusal
from bot.locale import locale_of
from bot.policy import LONGEST_LIFE_MS, STRONG_DIGITS
from bot.records import MINUTE_MS, Binding, FinalStatus, Phone, Reason, Verification

#: The longest host, in characters, that fits into the longest message.
LONGEST_ORIGIN = 28
_CODE_LIKE = re.compile(r"[0-9]{6}")


def issue(changes: Changes, verification: Verification, phone: str, door: Door) -> Refusal | None:
    """Send the next code of a verification to its phone, as `door` asks for. If a limit refuses,
    nothing changes."""
    policy, now = changes.policy, changes.now
    known = changes.phone(phone)
    refusal = (
        limits.may_send_code(known, door, now, policy)
        or _too_soon(verification, door, now)
        or ceilings.refusal(changes, door)
    )
    if refusal is not None:
        return refusal
    known = limits.count_code(known, door, now, policy)
    if verification.locale:
        known = replace(known, locale=verification.locale)
    _withdraw_codes(changes, verification)
    code_expires_at = min(now + policy.code_ttl_ms, verification.created_at + LONGEST_LIFE_MS)
    message = changes.send(
        _kind(verification),
        phone,
        verification.number,
        params=_params(verification, policy.app_name, life_ms=code_expires_at - now),
        locale=locale_of(known, verification),
        next_code_of=verification,
        door=door,
        life_ms=code_expires_at - now,
    )
    issued = replace(
        verification,
        awaiting="code",
        seed=verification.seed or changes.ids.seed(),
        secret_id=policy.secrets.current,
        digits=spraying.code_digits(changes, known),
        codes=verification.codes + 1,
        code_expires_at=code_expires_at,
        expires_at=max(verification.expires_at, code_expires_at),
        resend_at=now + policy.resend_cooldown_ms,
        delivery="queued",
        reason=None,
        message_id=message.id,
    )
    changes.put_verification(issued)
    changes.put(known)
    return None


def asked_by(verification: Verification) -> Door:
    """The door that asks for its codes, unless its phone texts RESEND."""
    return "page" if verification.method == "sms" else "text"


def approve(
    changes: Changes, verification: Verification, phone: str, code: str, binding: Binding
) -> Verification:
    """Approve it. This also ends the cooldown, so that the phone may log in again at once."""
    spent = codes.spent(changes.policy.secrets, verification.id, code)
    known = page_door.count_approval(changes.phone(phone), verification)
    changes.put(replace(known, cooldown_until=0, page_cooldown_until=0))
    after_ms = changes.now - verification.created_at
    changes.count_compared(right=True)
    changes.report(Approved(verification.id, phone, binding, after_ms))
    return finish(changes, replace(verification, binding=binding, spent=spent), "approved")


def use_attempt(changes: Changes, verification: Verification) -> Verification:
    """Use up one attempt. All codes of a verification share them, and the last one ends it."""
    changes.count_compared(right=False)
    counted = replace(verification, attempts_left=verification.attempts_left - 1)
    if counted.attempts_left > 0:
        return changes.put_verification(counted)
    return finish(changes, counted, "max_attempts_reached")


def kill_live_codes(changes: Changes, phone: Phone) -> None:
    """Once the day's wrong codes are used up, this phone's live codes approve nothing.

    New codes have `STRONG_DIGITS` digits, too many to guess. So the wrong code that uses up the
    limit ends every live code, and each later one only the shorter codes. Their seeds are erased,
    so that a text that was under way does not count either.
    """
    excess = limits.wrong_today(phone, changes.now) - changes.policy.wrong_per_day
    if excess < 0:
        return
    for verification in changes.verifications_of(phone.phone):
        if has_live_code(verification) and (excess == 0 or verification.digits < STRONG_DIGITS):
            kill_code(changes, verification)


def kill_code(changes: Changes, verification: Verification) -> None:
    """End the live code of a verification, which stays open."""
    _withdraw_codes(changes, verification)
    killed = replace(verification, awaiting="login", code_expires_at=changes.now, seed=None)
    changes.put_verification(killed)


def finish(
    changes: Changes,
    verification: Verification,
    status: FinalStatus,
    reason: Reason | None = None,
) -> Verification:
    """End a verification. A code of it that is still in the outbox is not sent."""
    _withdraw_codes(changes, verification)
    return changes.put_verification(end(verification, status, changes.now, reason))


def _too_soon(verification: Verification, door: Door, now: int) -> Refusal | None:
    """A page's RESEND soon after a code that the phone has asked for by text."""
    resend_at = verification.resend_at or 0
    return Refusal("resend_cooldown", resend_at) if door == "page" and resend_at > now else None


def _withdraw_codes(changes: Changes, verification: Verification) -> None:
    if verification.phone is None or not verification.codes:
        return
    for message in changes.queued_messages(verification.phone):
        if message.verification_id == verification.id and message.code is not None:
            changes.put(replace(message, state="withdrawn"))


def _kind(verification: Verification) -> str:
    if verification.client is None:
        return "code"
    return "code_claimed" if verification.code_entry == "reply" else "code_page"


def _has_origin_line(verification: Verification) -> bool:
    """Whether the message ends with `@host #code`.

    A longer host leaves no room for the rest, and digits in it could be taken for the code.
    """
    origin = verification.origin
    return (
        verification.code_entry == "page"
        and origin is not None
        and len(origin) <= LONGEST_ORIGIN
        and not _CODE_LIKE.search(origin)
    )


def _params(verification: Verification, app: str, *, life_ms: int) -> dict[str, str]:
    params = {"app": app, "minutes": str(max(life_ms // MINUTE_MS, 1))}
    if verification.label:
        params["label"] = verification.label
    if verification.origin and _has_origin_line(verification):
        params["origin"] = verification.origin
    return params
