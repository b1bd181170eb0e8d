"""Rate limits: cooldowns, sliding windows and lockouts, as pure functions of one row.

A window is a comma-separated list of times (ms), oldest first.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from bot.events import Door
from bot.policy import (
    HELP_PER_HOUR,
    REPLIES_PER_DAY,
    REPLIES_PER_HOUR,
    STRONG_DIGITS,
    WRONG_REFS_PER_HOUR,
    WRONG_TEXT_WINDOW_MS,
    Policy,
)
from bot.records import DAY_MS, HOUR_MS, Address, Phone

#: The limits on the codes of one phone.
OF_A_PHONE = frozenset({"resend_cooldown", "codes_per_10_min", "codes_per_hour", "codes_per_day"})


class Refusal(Struct, frozen=True):
    """Which limit refuses, and until when (ms)."""

    limit: str
    until: int


def times(window: str, since: int) -> list[int]:
    """The times of a window that are later than `since` (ms)."""
    return [at for text in window.split(",") if (at := int(text)) > since] if window else []


def add(window: str, now: int, length: int) -> str:
    """The window with `now` added, without times older than `length` (ms)."""
    if not window:
        return str(now)
    return ",".join(map(str, (*times(window, now - length), now)))


# -- codes sent ------------------------------------------------------------------------------------


def may_send_code(phone: Phone, door: Door, now: int, policy: Policy) -> Refusal | None:
    """The refusal that lasts longest, or None. What pages and web apps ask for does not use up
    what the phone itself may ask for by text."""
    sent_at, cooldown_until = phone.codes_at, phone.cooldown_until
    if door == "page":
        sent_at, cooldown_until = phone.page_codes_at, phone.page_cooldown_until
    refusals = []
    if cooldown_until > now:
        refusals.append(Refusal("resend_cooldown", cooldown_until))
    refusals += _full_windows(sent_at, now, policy)
    return max(refusals, key=lambda refusal: refusal.until, default=None)


def may_send_again(phone: Phone, door: Door, now: int, policy: Policy) -> bool:
    """Whether a code that was not delivered may be sent once more. There is no cooldown: nobody
    has asked for it, and it was not received."""
    sent_at = phone.page_codes_at if door == "page" else phone.codes_at
    return not _full_windows(sent_at, now, policy)


def count_again(phone: Phone, door: Door, now: int) -> Phone:
    """The phone after a code was sent once more."""
    if door == "page":
        return replace(phone, page_codes_at=add(phone.page_codes_at, now, DAY_MS))
    return replace(phone, codes_at=add(phone.codes_at, now, DAY_MS))


def _full_windows(sent_at: str, now: int, policy: Policy) -> list[Refusal]:
    full = []
    for limit, length, size in policy.windows() if sent_at else ():
        sent = times(sent_at, now - length)
        if len(sent) >= size:
            full.append(Refusal(limit, sent[-size] + length))
    return full


def count_code(phone: Phone, door: Door, now: int, policy: Policy) -> Phone:
    """The phone after one more code, which may be sent in other words again."""
    cooldown_until = now + policy.resend_cooldown_ms
    if door == "page":
        return replace(
            phone,
            page_codes_at=add(phone.page_codes_at, now, DAY_MS),
            page_cooldown_until=cooldown_until,
            code_alone_said=0,
        )
    return replace(
        phone,
        codes_at=add(phone.codes_at, now, DAY_MS),
        cooldown_until=cooldown_until,
        code_alone_said=0,
    )


def may_ask_from(address: Address, now: int, policy: Policy) -> Refusal | None:
    """The refusal if this address has used up its codes of the hour, or None."""
    asked = times(address.codes_at, now - HOUR_MS)
    if len(asked) < policy.codes_per_ip_hour:
        return None
    return Refusal("codes_per_ip_hour", asked[-policy.codes_per_ip_hour] + HOUR_MS)


def count_address(address: Address, now: int) -> Address:
    """The address after one more code."""
    return replace(address, codes_at=add(address.codes_at, now, HOUR_MS))


# -- wrong codes -----------------------------------------------------------------------------------


def count_wrong(phone: Phone, now: int) -> Phone:
    """The phone after one more wrong code, by text or on a page."""
    return replace(phone, wrong_at=add(phone.wrong_at, now, DAY_MS))


def count_wrong_text(phone: Phone, now: int, policy: Policy) -> Phone:
    """The phone after one more wrong code by text.

    `MAX_ATTEMPTS` within the window lock the phone. `code_reply` also locks it when a wrong text
    takes the last attempt of a verification. Wrong codes on a page alone never lock, so that a
    stranger with a browser cannot lock the phone out.
    """
    window = add(phone.wrong_texts_at, now, WRONG_TEXT_WINDOW_MS)
    if len(times(window, now - WRONG_TEXT_WINDOW_MS)) >= policy.max_attempts:
        return replace(phone, wrong_texts_at="", locked_until=now + policy.lockout_ms)
    return replace(phone, wrong_texts_at=window)


def wrong_today(phone: Phone, now: int) -> int:
    """How many wrong codes were counted in the last 24 hours."""
    return len(times(phone.wrong_at, now - DAY_MS))


def is_suspicious(phone: Phone, now: int, policy: Policy) -> bool:
    """Whether the day's wrong codes are used up (NIST SP 800-63B-4, section 3.2.2)."""
    return wrong_today(phone, now) >= policy.wrong_per_day


def code_digits(phone: Phone, now: int, policy: Policy) -> int:
    """How many digits the next code has."""
    if is_suspicious(phone, now, policy):
        return max(STRONG_DIGITS, policy.code_length)
    return policy.code_length


# -- refs and replies ------------------------------------------------------------------------------


def refs_blocked_until(phone: Phone, now: int) -> int | None:
    """Until when (ms) refs of this phone are ignored, because it has texted too many wrong ones;
    None if they are not."""
    missed = times(phone.ref_misses_at, now - HOUR_MS)
    if len(missed) < WRONG_REFS_PER_HOUR:
        return None
    return missed[-WRONG_REFS_PER_HOUR] + HOUR_MS


def count_ref_miss(phone: Phone, now: int) -> Phone:
    """The phone after one more ref that it cannot claim."""
    return replace(phone, ref_misses_at=add(phone.ref_misses_at, now, HOUR_MS))


def count_reply(phone: Phone, now: int) -> Phone | None:
    """The phone after one more reply; None if the replies of the hour or the day are used up."""
    replies = times(phone.replies_at, now - DAY_MS)
    this_hour = sum(at > now - HOUR_MS for at in replies)
    if this_hour >= REPLIES_PER_HOUR or len(replies) >= REPLIES_PER_DAY:
        return None
    return replace(phone, replies_at=",".join(map(str, (*replies, now))))


def count_help(phone: Phone, now: int) -> Phone | None:
    """The phone after one more answer to HELP; None if those of the hour are used up."""
    if len(times(phone.helped_at, now - HOUR_MS)) >= HELP_PER_HOUR:
        return None
    return replace(phone, helped_at=add(phone.helped_at, now, HOUR_MS))
