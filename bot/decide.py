"""`decide(command, snapshot, now, policy, fresh)`: what happens, as a pure function."""

from __future__ import annotations

from bot import callbacks, conversation, messages, verification
from bot.changes import Draft
from bot.commands import (
    CallbackSettled,
    CallbacksSwept,
    CancelRequested,
    CodeChecked,
    Command,
    DeliveryReported,
    EventIgnored,
    LeasesReturned,
    MessageSettled,
    OutboxSwept,
    Redeemed,
    ResendRequested,
    TextReceived,
    VerificationRequested,
)
from bot.policy import Policy
from bot.snapshot import Decision, Fresh, Outcome, Snapshot


def decide(
    command: Command, snapshot: Snapshot, now: int, policy: Policy, fresh: Fresh
) -> Decision:
    """The decision on one command; `snapshot` holds every row it concerns and is left alone."""
    draft = Draft(snapshot, now, policy, fresh)
    outcome = _carry_out(command, draft)
    callbacks.announce(draft)
    return Decision(outcome, draft.rows)


def _carry_out(command: Command, draft: Draft) -> Outcome:
    match command:
        case TextReceived():
            return conversation.receive(draft, command)
        case EventIgnored():
            return messages.ignore(draft, command)
        case DeliveryReported():
            return messages.report(draft, command)
        case MessageSettled():
            return messages.settle(draft, command)
        case OutboxSwept():
            return messages.sweep(draft, command)
        case LeasesReturned():
            return messages.give_back(draft, command)
        case VerificationRequested():
            return verification.request(draft, command)
        case CodeChecked():
            return verification.check(draft, command)
        case ResendRequested():
            return verification.resend(draft, command)
        case CancelRequested():
            return verification.cancel(draft, command)
        case Redeemed():
            return verification.redeem(draft, command)
        case CallbackSettled():
            return callbacks.settle(draft, command)
        case CallbacksSwept():
            return callbacks.sweep(draft, command)
