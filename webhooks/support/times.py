"""Times as support reads them: UTC, to the second."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.records import DAY_MS, NEVER


def clock_time(at: int) -> str:
    """A time (ms), as in 2026-11-25 14:03:07Z."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def until(at: int, now: int) -> str:
    """Until when something lasts (ms), and how long that is."""
    return f"until {clock_time(at)} (another {duration(at - now)})"


def duration(ms: int) -> str:
    """A length of time, rounded up: seconds below two minutes, minutes below two hours, hours."""
    for unit, length, most in (("s", 1_000, 120), ("min", 60_000, 120)):
        if (many := max(-(-ms // length), 0)) < most:
            return f"{many} {unit}"
    return f"{-(-ms // 3_600_000)} h"


def is_never(at: int) -> bool:
    """Whether this time does not come."""
    return at >= NEVER


def day_name(day: int) -> str:
    """Days since the epoch, as in 2026-11-25."""
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).strftime("%Y-%m-%d")
