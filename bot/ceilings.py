"""Ceilings on cost: how many codes and texts a day may send over all phones.

What pages and web apps ask for may use at most a part of each, so that a stranger with a browser
cannot keep anybody from logging in by text. Texts are counted by hour; a day is the current hour
and the 24 before it.
"""

from __future__ import annotations

from bot import conversion, spraying
from bot.changes import Changes
from bot.events import CeilingNear, Door
from bot.limits import Refusal
from bot.policy import ALARM_SHARE, PAGE_SHARE
from bot.records import HOUR_MS, Usage
from bot.snapshot import NOTHING_SENT


def hour_of(now: int) -> int:
    """The hour of a time (ms), as `Usage` counts it."""
    return now // HOUR_MS


def refusal(changes: Changes, door: Door) -> Refusal | None:
    """The refusal if no further code may be sent today. It lasts until the next hour, which may
    make room."""
    policy, used = changes.policy, changes.used()
    page_codes = used.page_codes if door == "page" else 0
    if _is_full(policy.codes_per_day_total, used.codes, page_codes):
        limit = "codes_per_day_total"
    elif _is_full(policy.texts_per_day_total, used.texts, page_codes):
        limit = "texts_per_day_total"
    else:
        return None
    return Refusal(limit, (hour_of(changes.now) + 1) * HOUR_MS)


def allows_text(changes: Changes) -> bool:
    """Whether one more text may be sent today."""
    ceiling = changes.policy.texts_per_day_total
    return ceiling is None or changes.used().texts < ceiling


def count(changes: Changes) -> None:
    """Count what the command has sent and compared, and tell the operator what is unusual."""
    sent = changes.sent
    if sent is NOTHING_SENT:
        return
    hour = hour_of(changes.now)
    this_hour = changes.snapshot.rows.usage.get(hour) or Usage(hour)
    changes.rows.usage[hour] = this_hour.plus(sent)
    if sent.wrong_codes:
        spraying.watch(changes, hour)
    conversion.watch(changes, hour)
    if sent.texts:
        _watch(changes, sent)


def _watch(changes: Changes, sent: Usage) -> None:
    policy, used = changes.policy, changes.snapshot.used
    _tell_if_near(
        changes, "codes_per_day_total", policy.codes_per_day_total, sent.codes, used.codes
    )
    _tell_if_near(
        changes, "texts_per_day_total", policy.texts_per_day_total, sent.texts, used.texts
    )


def _is_full(ceiling: int | None, sent: int, page_codes: int) -> bool:
    return ceiling is not None and (sent >= ceiling or page_codes >= ceiling * PAGE_SHARE)


def _tell_if_near(changes: Changes, limit: str, ceiling: int | None, sent: int, used: int) -> None:
    """Report it if what the command has `sent`, after those `used`, uses up `ALARM_SHARE` of a
    ceiling."""
    if ceiling is not None and used < ceiling * ALARM_SHARE <= used + sent:
        changes.report(CeilingNear(limit, used + sent, ceiling))
