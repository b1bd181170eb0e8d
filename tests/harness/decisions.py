"""What a decision changes."""

from __future__ import annotations

from bot.snapshot import Decision


def rows_written(decision: Decision) -> list[object]:
    """Every row that it writes."""
    return [row for _, rows in decision.rows.tables() for row in rows]
