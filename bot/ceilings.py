"""Ceilings on cost: how many codes and texts a day may send over all phones.

What pages and web apps ask for may use at most a part of each, so that a stranger with a browser
cannot keep anybody from logging in by text. Texts are counted by hour; a day is the current hour
and the 24 before it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.events import CeilingNear, Door
from bot.limits import Refusal
from bot.policy import ALARM_SHARE, PAGE_SHARE, Policy
from bot.records import HOUR_MS, Usage


def hour_of(now: int) -> int:
    """The hour of a time (ms), as `Usage` counts it."""
    return now // HOUR_MS


def counted(usage: Usage, door: Door | None) -> Usage:
    """With one more text. `door` asked for the code in it, if it has one."""
    return Usage(
        usage.hour,
        codes=usage.codes + (door is not None),
        page_codes=usage.page_codes + (door == "page"),
        texts=usage.texts + 1,
    )


def refusal(used: Usage, door: Door, now: int, policy: Policy) -> Refusal | None:
    """The refusal if no further code may be sent today. It lasts until the next hour, which may
    make room."""
    until = (hour_of(now) + 1) * HOUR_MS
    for limit, ceiling, sent in _ceilings(used, policy):
        is_full = sent >= ceiling
        if is_full or (door == "page" and used.page_codes >= ceiling * PAGE_SHARE):
            return Refusal(limit, until)
    return None


def allows_text(used: Usage, policy: Policy) -> bool:
    """Whether one more text may be sent today."""
    return policy.texts_per_day_total is None or used.texts < policy.texts_per_day_total


def alarms(before: Usage, after: Usage, policy: Policy) -> Iterator[CeilingNear]:
    """The ceilings of which a text has used up `ALARM_SHARE`."""
    pairs = zip(_ceilings(before, policy), _ceilings(after, policy), strict=True)
    for (limit, ceiling, earlier), (_, _, sent) in pairs:
        if earlier < ceiling * ALARM_SHARE <= sent:
            yield CeilingNear(limit, sent, ceiling)


def _ceilings(used: Usage, policy: Policy) -> Iterator[tuple[str, int, int]]:
    if policy.codes_per_day_total is not None:
        yield "codes_per_day_total", policy.codes_per_day_total, used.codes
    if policy.texts_per_day_total is not None:
        yield "texts_per_day_total", policy.texts_per_day_total, used.texts
