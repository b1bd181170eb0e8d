"""STOP and START. Telnyx answers its own keywords, so we never do; a stop that only we know is
confirmed.

Each takes effect as of the time it was sent: one that arrives late does not undo a newer one.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.issue import finish
from bot.records import DAY_MS, Conversation
from bot.turn import Turn


def opt_out(turn: Turn) -> bool:
    """STOP: withdraw queued messages and end pending verifications of this phone and number.

    False if the phone has opted in after this STOP was sent.
    """
    changes = turn.changes
    pair = changes.conversation(turn.phone, turn.number)
    if turn.received_at < (pair.opted_in_at or 0):
        return False
    opted_out_at = max(turn.received_at, pair.opted_out_at or 0)
    changes.put(replace(pair, opted_out_at=opted_out_at))
    for message in changes.queued_messages(turn.phone):
        if message.number == turn.number:
            changes.put(replace(message, state="withdrawn"))
    for verification in turn.state.verifications:
        if verification.status == "pending" and verification.number == turn.number:
            finish(changes, verification, "failed", "opted_out")
    return True


def opt_out_ourselves(turn: Turn, *, answered: bool) -> None:
    """A stop that Telnyx does not know. Confirm it if it may be `answered`, once a day at most."""
    pair = turn.changes.conversation(turn.phone, turn.number)
    if opt_out(turn) and answered and not _is_changing(pair, turn.changes.now):
        turn.replies.conclude("stopped")


def opt_in(turn: Turn) -> None:
    """START: texts may be sent again."""
    pair = turn.changes.conversation(turn.phone, turn.number)
    if turn.received_at >= (pair.opted_out_at or 0):
        turn.changes.put(replace(pair, opted_out_at=None, opted_in_at=turn.received_at))


def _is_changing(pair: Conversation, now: int) -> bool:
    """Whether the phone is opted out, or has opted in within a day: a stop and a START in turns
    get one confirmation."""
    return pair.opted_out_at is not None or (pair.opted_in_at or 0) > now - DAY_MS
