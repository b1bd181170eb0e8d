"""STOP and START. Telnyx answers both, so we never do.

Each takes effect as of the time it was sent: one that arrives late does not undo a newer one.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.issue import finish
from bot.turn import Turn


def opt_out(turn: Turn) -> None:
    """STOP: withdraw queued messages and end pending verifications of this phone and number."""
    changes = turn.changes
    pair = changes.conversation(turn.phone, turn.number)
    if turn.received_at < (pair.opted_in_at or 0):
        return
    changes.put(replace(pair, opted_out_at=turn.received_at))
    for message in changes.queued_messages(turn.phone):
        if message.number == turn.number:
            changes.put(replace(message, state="withdrawn"))
    for verification in turn.state.verifications:
        if verification.status == "pending" and verification.number == turn.number:
            finish(changes, verification, "failed", "opted_out")


def opt_in(turn: Turn) -> None:
    """START: texts may be sent again."""
    pair = turn.changes.conversation(turn.phone, turn.number)
    if turn.received_at >= (pair.opted_out_at or 0):
        turn.changes.put(replace(pair, opted_out_at=None, opted_in_at=turn.received_at))
