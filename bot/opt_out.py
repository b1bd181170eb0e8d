"""STOP and START. Telnyx answers its own keywords, so we never do; a stop that only we know is
confirmed.

Each takes effect as of the time it was sent: one that arrives late does not undo a newer one.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.issue import finish
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
        current = changes.verification(verification.id)  # a NO in the same text may have ended it
        if current and current.status == "pending" and current.number == turn.number:
            finish(changes, current, "failed", "opted_out")
    return True


def opt_out_ourselves(turn: Turn, *, answered: bool) -> None:
    """A stop that Telnyx may not know. Only START ends it. Confirm it if it may be `answered`."""
    if not opt_out(turn):
        return
    pair = turn.changes.conversation(turn.phone, turn.number)
    turn.changes.put(replace(pair, own_stop_at=pair.opted_out_at))
    if answered:
        turn.replies.stopped()


def opt_in(turn: Turn) -> None:
    """START: texts may be sent again."""
    pair = turn.changes.conversation(turn.phone, turn.number)
    if turn.received_at >= (pair.opted_out_at or 0):
        opted_in = replace(pair, opted_out_at=None, own_stop_at=None, opted_in_at=turn.received_at)
        turn.changes.put(opted_in)
