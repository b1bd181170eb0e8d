"""`decide(command, snapshot, now, policy, fresh)`: what happens, as a pure function."""

from __future__ import annotations

from bot import callback, conversation, delivery, verification
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
from bot.draft import Draft
from bot.policy import Policy
from bot.snapshot import Decision, Fresh, Snapshot


def decide(
    command: Command, snapshot: Snapshot, now: int, policy: Policy, fresh: Fresh
) -> Decision:
    """The decision on one command; `snapshot` holds every row it concerns and is left alone."""
    draft = Draft(snapshot, now, policy, fresh)
    match command:
        case TextReceived():
            return draft.decide(conversation.receive(draft, command))
        case EventIgnored():
            return draft.decide(delivery.ignore(draft, command))
        case DeliveryReported():
            return draft.decide(delivery.report(draft, command))
        case MessageSettled():
            return draft.decide(delivery.settle(draft, command))
        case OutboxSwept():
            return draft.decide(delivery.sweep(draft, command))
        case LeasesReturned():
            return draft.decide(delivery.give_back(draft, command))
        case VerificationRequested():
            return draft.decide(verification.request(draft, command))
        case CodeChecked():
            return draft.decide(verification.check(draft, command))
        case ResendRequested():
            return draft.decide(verification.resend(draft, command))
        case CancelRequested():
            return draft.decide(verification.cancel(draft, command))
        case Redeemed():
            return draft.decide(verification.redeem(draft, command))
        case CallbackSettled():
            return draft.decide(callback.settle(draft, command))
        case CallbacksSwept():
            return draft.decide(callback.sweep(draft, command))
