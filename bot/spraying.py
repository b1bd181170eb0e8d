"""Spraying: somebody guesses a few codes of each of very many phones.

No limit of one phone notices that, but the share of wrong codes over all phones does. From the
wrong code that makes it too high, until 24 hours have passed without such an hour, new codes have
`STRONG_DIGITS` digits, and shorter ones that are still out approve nothing.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot import limits
from bot.changes import Changes
from bot.events import SprayingNoticed
from bot.policy import SPRAYED_SHARE, SPRAYED_WRONG, STRONG_DIGITS
from bot.records import Phone, Usage, Verification

_ONE_HOUR = Usage(0, sprayed=1)


def is_on(changes: Changes) -> bool:
    """Whether this hour or one of the 24 before it was sprayed."""
    return changes.snapshot.used.sprayed > 0


def code_digits(changes: Changes, phone: Phone) -> int:
    """How many digits the next code of a phone has."""
    return at_least(changes, limits.code_digits(phone, changes.now, changes.policy))


def at_least(changes: Changes, digits: int) -> int:
    """So many digits, or `STRONG_DIGITS` if that is more while codes are sprayed."""
    return max(STRONG_DIGITS, digits) if is_on(changes) else digits


def is_too_short(changes: Changes, verification: Verification) -> bool:
    """Whether the code of a verification approves nothing, because it was sent before."""
    return verification.digits < STRONG_DIGITS and is_on(changes)


def watch(changes: Changes, hour: int) -> None:
    """Note that the hour is sprayed, if the wrong code just counted shows it."""
    counted = changes.rows.usage[hour]
    wrong, compared = counted.wrong_codes, counted.wrong_codes + counted.right_codes
    if counted.sprayed or wrong < SPRAYED_WRONG or wrong < compared * SPRAYED_SHARE:
        return
    changes.rows.usage[hour] = replace(counted, sprayed=1)
    changes.sent = changes.sent.plus(_ONE_HOUR)
    changes.report(SprayingNoticed(wrong, compared))
