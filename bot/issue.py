"""A new code goes out: the limits that may refuse it, and the message that carries it."""

from __future__ import annotations

import re

from msgspec.structs import replace

from bot import codes, limits
from bot.changes import Changes
from bot.expiry import end, has_live_code
from bot.limits import Refusal
from bot.policy import STRONG_DIGITS
from bot.records import LONGEST_LIFE_MS, MINUTE_MS, Phone, Verification

#: Characters of a host that the longest message has room for.
LONGEST_ORIGIN = 28
_LONG_NUMBER = re.compile(r"[0-9]{6}")


def issue(changes: Changes, verification: Verification) -> Refusal | None:
    """Sends the next code of a verification whose phone is known; nothing changes if refused."""
    assert verification.phone is not None
    policy, now = changes.policy, changes.now
    phone = changes.phone(verification.phone)
    refusal = limits.may_send_code(phone, now, policy)
    if refusal is not None:
        return refusal
    _withdraw_codes(changes, verification)
    code_expires_at = min(now + policy.code_ttl, verification.created_at + LONGEST_LIFE_MS)
    issued = replace(
        verification,
        awaiting="code",
        seed=verification.seed or changes.ids.seed(),
        secret_id=policy.secrets.current,
        digits=limits.code_digits(phone, now, policy),
        codes=verification.codes + 1,
        code_expires_at=code_expires_at,
        expires_at=max(verification.expires_at, code_expires_at),
        resend_at=now + policy.resend_cooldown,
        delivery="queued",
    )
    message = changes.send(
        _kind(issued),
        verification.phone,
        issued.number,
        params=_params(issued, policy.app_name, code_expires_at - now),
        locale=issued.locale,
        code_of=issued,
        send_before=code_expires_at,
    )
    changes.put_verification(replace(issued, message_id=message.id))
    changes.put_phone(limits.count_code(phone, now, policy))
    return None


def approve(changes: Changes, verification: Verification, used: str, binding: str) -> Verification:
    """The one approval; the phone's next login need not wait for the cooldown."""
    assert verification.phone is not None
    spent = codes.spent(changes.policy.secrets, verification.id, used)
    changes.put_phone(replace(changes.phone(verification.phone), cooldown_until=0))
    return finish(changes, replace(verification, binding=binding, spent=spent), "approved")


def count_wrong(changes: Changes, verification: Verification) -> Verification:
    """One try fewer, over all its codes and both doors; the last one ends it."""
    left = replace(verification, attempts_left=verification.attempts_left - 1)
    if left.attempts_left > 0:
        return changes.put_verification(left)
    return finish(changes, left, "max_attempts_reached")


def kill_live_codes(changes: Changes, phone: Phone) -> None:
    """Once the day's wrong codes are used up, what is out to this phone approves nothing any more.
    What goes out later is long enough to be guessed at a few times more."""
    beyond = limits.wrong_today(phone, changes.now) - changes.policy.wrong_per_day
    if beyond < 0:
        return
    for verification in changes.verifications_of(phone.phone):
        if has_live_code(verification) and (not beyond or verification.digits < STRONG_DIGITS):
            _withdraw_codes(changes, verification)
            changes.put_verification(
                replace(verification, awaiting="login", code_expires_at=changes.now)
            )


def finish(
    changes: Changes, verification: Verification, status: str, reason: str | None = None
) -> Verification:
    """Ends a verification; a code of it that is not out yet stays here."""
    _withdraw_codes(changes, verification)
    return changes.put_verification(end(verification, status, changes.now, reason))


def _withdraw_codes(changes: Changes, verification: Verification) -> None:
    if verification.phone is None or not verification.codes:
        return
    for message in changes.queued(verification.phone):
        if message.verification_id == verification.id and message.code is not None:
            changes.put_message(replace(message, state="withdrawn"))


def _kind(verification: Verification) -> str:
    if verification.client is None:
        return "code"
    if verification.code_entry == "reply":
        return "code_claimed_label" if verification.label else "code_claimed"
    if _has_origin_line(verification):
        return "code_page_label_origin" if verification.label else "code_page_origin"
    return "code_page_label" if verification.label else "code_page"


def _has_origin_line(verification: Verification) -> bool:
    """A longer host would make the message two segments, and one with a long number in it could be
    taken for the code: it goes without the line."""
    origin = verification.origin
    return (
        verification.code_entry == "page"
        and origin is not None
        and len(origin) <= LONGEST_ORIGIN
        and not _LONG_NUMBER.search(origin)
    )


def _params(verification: Verification, app: str, life: int) -> dict[str, str]:
    params = {"app": app, "minutes": str(max(life // MINUTE_MS, 1))}
    if verification.label:
        params["label"] = verification.label
    if verification.origin and _has_origin_line(verification):
        params["origin"] = verification.origin
    return params
