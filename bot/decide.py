"""`decide`: a command and a snapshot in, a decision out. A pure function."""

from __future__ import annotations

from bot import callbacks, ceilings, conversation, decoy, messages, retention, unlock, verification
from bot.changes import Changes
from bot.commands import (
    CallbackSettled,
    CallbacksSwept,
    CancelRequested,
    CodeChecked,
    Command,
    DeliveryReported,
    EventIgnored,
    HoldersLost,
    LeasesReturned,
    MessageSettled,
    OutboxSwept,
    OwnValueSet,
    PhoneForgotten,
    Redeemed,
    ResendRequested,
    RowsPurged,
    TextReceived,
    UnlockRequested,
    VerificationRequested,
)
from bot.inputs import Ids, Slots
from bot.outcomes import Outcome
from bot.policy import Policy
from bot.snapshot import Decision, Snapshot


def decide(
    command: Command, snapshot: Snapshot, now: int, policy: Policy, ids: Ids, slots: Slots
) -> Decision:
    """The decision on one command at `now` (ms).

    `snapshot` holds every row that the command concerns and is not modified.
    """
    changes = Changes(snapshot, now, policy, ids, slots)
    outcome = _carry_out(command, changes)
    callbacks.announce(changes)
    ceilings.count(changes)
    return Decision(
        outcome,
        changes.rows,
        tuple(changes.events),
        deleted=changes.deleted,
        sent=changes.sent,
        phases=changes.phases,
    )


def _carry_out(command: Command, changes: Changes) -> Outcome:
    match command:
        case TextReceived():
            return conversation.receive(changes, command)
        case EventIgnored():
            return messages.ignore(changes, command)
        case DeliveryReported():
            return messages.apply_receipt(changes, command)
        case MessageSettled():
            return messages.settle(changes, command)
        case OutboxSwept():
            return messages.sweep(changes, command)
        case LeasesReturned():
            return messages.give_back(changes, command)
        case HoldersLost():
            messages.take_over(changes, command)
            return callbacks.free(changes, command)
        case VerificationRequested(discreet=True):
            return decoy.request(changes, command)
        case VerificationRequested():
            return verification.request(changes, command)
        case CodeChecked(discreet=True):
            return decoy.check(changes, command)
        case CodeChecked():
            return verification.check(changes, command)
        case ResendRequested(discreet=True):
            return decoy.resend(changes, command)
        case ResendRequested():
            return verification.resend(changes, command)
        case CancelRequested():
            return verification.cancel(changes, command)
        case UnlockRequested():
            return unlock.unlock(changes, command)
        case Redeemed():
            return verification.redeem(changes, command)
        case CallbackSettled():
            return callbacks.settle(changes, command)
        case CallbacksSwept():
            return callbacks.sweep(changes, command)
        case RowsPurged():
            return retention.purge(changes, command)
        case PhoneForgotten():
            return retention.forget(changes, command)
        case OwnValueSet():
            return retention.set_own_value(changes, command)
