"""The fraud guard's budget of one web app: codes that it asks for and that approve nothing.

It bounds what a stolen API key costs. A web app may have thousands of codes a day, so they are
counted by hour. Strangers who use its form can use the budget up; phones then log in by text. The
hosted pages have none: there is no key to steal, and strangers would close them for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from bot.changes import Changes
from bot.commands import PAGES_CLIENT
from bot.policy import (
    APP_DAILY_UNUSED,
    APP_HOURLY_UNUSED,
    APP_UNUSED_PER_APPROVAL,
    USAGE_HOURS,
)
from bot.records import HOUR_MS

#: Hour → codes and approvals.
_Hours = Mapping[int, tuple[int, int]]


def key(client: str | None) -> str | None:
    """The key of its row; None if it has no budget."""
    return None if client in (None, PAGES_CLIENT) else f"web_app {client}"


def used_up_until(changes: Changes, client: str | None) -> int | None:
    """Until when (ms) it gets no more codes; None if it does. The next hour may make room."""
    hours, this_hour = _hours(changes, client), changes.now // HOUR_MS
    recent = {hour: both for hour, both in hours.items() if hour >= this_hour - 1}
    if _is_over(recent, APP_HOURLY_UNUSED) or _is_over(hours, APP_DAILY_UNUSED):
        return (this_hour + 1) * HOUR_MS
    return None


def count(changes: Changes, client: str | None, *, codes: int = 0, approvals: int = 0) -> None:
    """Count a code or an approval in the current hour."""
    row_key, this_hour = key(client), changes.now // HOUR_MS
    if row_key is None:
        return
    hours = dict(_hours(changes, client))
    known_codes, known_approvals = hours.get(this_hour, (0, 0))
    hours[this_hour] = (known_codes + codes, known_approvals + approvals)
    written = ",".join(f"{hour}:{both[0]}:{both[1]}" for hour, both in hours.items())
    changes.put(replace(changes.guard(row_key), hours=written))


def _hours(changes: Changes, client: str | None) -> _Hours:
    """The current hour and the 24 before it."""
    row_key, oldest = key(client), changes.now // HOUR_MS - USAGE_HOURS
    known = changes.guard(row_key).hours if row_key else ""
    triples = [list(map(int, one.split(":"))) for one in known.split(",") if one]
    return {hour: (codes, approvals) for hour, codes, approvals in triples if hour >= oldest}


def _is_over(hours: _Hours, least: int) -> bool:
    codes = sum(one for one, _ in hours.values())
    approvals = sum(one for _, one in hours.values())
    return codes - approvals >= max(least, APP_UNUSED_PER_APPROVAL * approvals)
