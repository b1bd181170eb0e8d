"""Conversion: which share of the codes of an hour approved. A low one is a sign of fraud."""

from __future__ import annotations

from msgspec.structs import replace

from bot.changes import Changes
from bot.events import ConversionLow
from bot.policy import JUDGED_CODES, LEAST_CONVERSION
from bot.records import HOUR_MS


def watch(changes: Changes, hour: int) -> None:
    """Judge the hour before `hour`, once: by the first command after its last code is dead.

    The approvals of this hour count too. Some are by codes of the hour before.
    """
    before = changes.snapshot.rows.usage.get(hour - 1)
    if before is None or before.judged:
        return
    if before.codes < JUDGED_CODES or changes.now < hour * HOUR_MS + changes.policy.code_ttl_ms:
        return
    changes.rows.usage[hour - 1] = replace(before, judged=1)
    approved = before.right_codes + changes.rows.usage[hour].right_codes
    if approved < before.codes * LEAST_CONVERSION:
        changes.report(ConversionLow(before.codes, approved))
