"""What happens to our messages: the sender's reports, Telnyx's receipts, the outbox's sweep."""

from __future__ import annotations

from msgspec.structs import replace

from bot import ceilings, limits
from bot.changes import Changes
from bot.commands import (
    DeliveryReported,
    EventIgnored,
    HoldersLost,
    LeasesReturned,
    MessageSettled,
    OutboxSwept,
)
from bot.issue import asked_by, finish
from bot.outcomes import Duplicate, Outcome, Recorded
from bot.policy import FIRST_BACKOFF_MS, HELD_BACKOFF_MS, LONGEST_BACKOFF_MS, SEND_ROUNDS
from bot.records import Delivery, Message, Reason, Verification, WebhookEvent
from bot.telnyx_errors import BLOCKED_BY_STOP, OPERATOR, PERMANENT, TRANSIENT

#: Telnyx's status in a receipt → our `delivery`. An unconfirmed delivery counts as sent.
_DELIVERY: dict[str, Delivery] = {
    "sent": "sent",
    "delivery_unconfirmed": "sent",
    "delivered": "delivered",
    "sending_failed": "failed",
    "delivery_failed": "failed",
    "expired": "failed",
}
#: Receipts arrive in any order: a lower rank never replaces a higher one.
_RANK: dict[Delivery | None, int] = {None: 0, "queued": 0, "sent": 1, "failed": 2, "delivered": 3}


def ignore(changes: Changes, event: EventIgnored) -> Outcome:
    """Record a webhook event that changes nothing."""
    if event.event_id in changes.snapshot.rows.events:
        return Duplicate()
    changes.put(
        WebhookEvent(
            event_id=event.event_id,
            kind="other",
            message_id=None,
            status=None,
            error=None,
            unmatched=None,
            received_at=changes.now,
        )
    )
    return Recorded()


def apply_receipt(changes: Changes, receipt: DeliveryReported) -> Outcome:
    """Apply a receipt. One that comes before the sender's report is kept and applied with it."""
    if receipt.event_id in changes.snapshot.rows.events:
        return Duplicate()
    message = changes.snapshot.message_of_provider(receipt.provider_id)
    changes.put(
        WebhookEvent(
            event_id=receipt.event_id,
            kind="receipt",
            message_id=receipt.provider_id,
            status=receipt.status,
            error=receipt.error,
            unmatched=1 if message is None else None,
            received_at=changes.now,
        )
    )
    if message is not None:
        _apply_receipt(changes, message, receipt.status, receipt.error)
    return Recorded()


def settle(changes: Changes, report: MessageSettled) -> Outcome:
    """Record how one try to send ended."""
    message = changes.message(report.message_id)
    if message is None or message.state not in ("queued", "withdrawn"):
        return Recorded()
    match report.outcome:
        case "sent":
            _sent(changes, message, report.provider_id)
        case "refused":
            _refused(changes, message, report.error)
        case "retry" | "held" if message.state == "queued":
            _later(changes, message, report)
    return Recorded()


def sweep(changes: Changes, command: OutboxSwept) -> Outcome:
    """Lease due messages to the sweeping process; expire those that are too late to send."""
    for id in changes.snapshot.due_messages:
        message = changes.message(id)
        if message is None or message.state != "queued":
            continue
        if message.send_before <= changes.now:
            _expire(changes, message)
        elif message.lease_until <= changes.now:
            owner, until = changes.slots.lease(changes.now)
            if owner:
                changes.put(replace(message, lease_owner=owner, lease_until=until))
    return Recorded()


def give_back(changes: Changes, command: LeasesReturned) -> Outcome:
    """Free the leases of messages that a process has not sent."""
    for id in command.message_ids:
        message = changes.message(id)
        if message is not None and message.state == "queued":
            changes.put(replace(message, lease_owner=None, lease_until=0))
    return Recorded()


def take_over(changes: Changes, command: HoldersLost) -> None:
    """Lease the messages of processes that have died to this one, as far as it has room."""
    for id in changes.snapshot.orphaned_messages:
        message = changes.message(id)
        if message is None or message.state != "queued":
            continue
        is_due = message.not_before <= changes.now < message.send_before
        owner, until = changes.slots.lease(changes.now) if is_due else (None, 0)
        changes.put(replace(message, lease_owner=owner, lease_until=until))


def backoff(message: Message) -> int:
    """Milliseconds until the next try: twice the last wait, ± 25 % taken from the message's id."""
    length: int = min(FIRST_BACKOFF_MS << min(message.tries, 8), LONGEST_BACKOFF_MS)
    spread = int(message.id[-2:], 16) / 256
    return int(length * (0.75 + spread / 2))


# -- the sender's reports --------------------------------------------------------------------------


def _sent(changes: Changes, message: Message, provider_id: str | None) -> None:
    changes.put(
        replace(
            message,
            state="sent",
            provider_id=provider_id,
            delivery=message.delivery or "sent",
            error=None,
        )
    )
    _lift_opt_out(changes, message)
    current = _current(changes, message)
    if current is not None and current.delivery == "queued":
        changes.put_verification(_with_delivery(current, "sent"))
    for receipt in changes.snapshot.unmatched_receipts(provider_id):
        changes.put(replace(receipt, unmatched=None))
        sent = changes.message(message.id)
        if sent is not None and sent.state == "sent" and receipt.status:
            _apply_receipt(changes, sent, receipt.status, receipt.error)


def _lift_opt_out(changes: Changes, message: Message) -> None:
    """Telnyx accepted a text to a phone that had opted out: we have missed its START."""
    pair = changes.conversation(message.phone, message.number)
    if pair.own_stop_at is not None or pair.opted_out_at is None:
        return  # only START ends an opt-out that Telnyx may not know
    if pair.opted_out_at < message.created_at:
        changes.put(replace(pair, opted_out_at=None, opted_in_at=changes.now))


def _refused(changes: Changes, message: Message, error: str | None) -> None:
    changes.put(replace(message, state="failed", delivery="failed", error=error))
    _give_up(changes, message, error)


def _give_up(changes: Changes, message: Message, error: str | None) -> None:
    """The phone cannot be reached: fail the verification whose newest code this message carries."""
    if error == BLOCKED_BY_STOP:
        _opt_out(changes, message)
    current = _current(changes, message)
    if current is None:
        return
    failed = replace(current, delivery="failed")
    if current.status == "pending":
        reason: Reason = "opted_out" if error == BLOCKED_BY_STOP else "undeliverable"
        finish(changes, failed, "failed", reason)
    else:
        changes.put_verification(failed)


def _opt_out(changes: Changes, message: Message) -> None:
    """Record the opt-out, unless the phone has opted in since the message was created."""
    pair = changes.conversation(message.phone, message.number)
    if (pair.opted_in_at or 0) < message.created_at:
        changes.put(replace(pair, opted_out_at=pair.opted_out_at or changes.now))
        changes.put(changes.phone(message.phone))


def _later(changes: Changes, message: Message, report: MessageSettled) -> None:
    wait = HELD_BACKOFF_MS if report.outcome == "held" else backoff(message)
    changes.put(
        replace(
            message,
            tries=message.tries + 1,
            not_before=changes.now + wait,
            lease_owner=None,
            lease_until=0,
            error=report.error,
        )
    )
    if report.outcome == "held":
        _blame_sender(changes, message)


def _blame_sender(changes: Changes, message: Message) -> None:
    """The operator has to mend the sender before this text is sent. Once: each change of a
    verification wakes those who wait for it."""
    current = _current(changes, message)
    if current is not None and current.status == "pending" and current.reason is None:
        changes.put_verification(replace(current, reason="sender_misconfigured"))


def _expire(changes: Changes, message: Message) -> None:
    changes.put(replace(message, state="expired"))
    current = _current(changes, message)
    if current is not None and current.delivery == "queued":
        changes.put_verification(replace(current, delivery="failed"))


def _with_delivery(
    current: Verification, delivery: Delivery, error: str | None = None
) -> Verification:
    """While it is pending, the reason says whether the operator has to mend the sender."""
    if current.status != "pending":
        return replace(current, delivery=delivery)
    reason: Reason | None = "sender_misconfigured" if error in OPERATOR else None
    return replace(current, delivery=delivery, reason=reason)


# -- receipts --------------------------------------------------------------------------------------


def _apply_receipt(changes: Changes, message: Message, status: str, error: str | None) -> None:
    delivery = _DELIVERY.get(status)
    if delivery is None or _RANK[delivery] <= _RANK[message.delivery]:
        return
    if delivery == "failed" and error in TRANSIENT and _send_again(changes, message, error):
        return
    changes.put(replace(message, delivery=delivery, error=error))
    if delivery == "failed" and error in PERMANENT:
        _give_up(changes, message, error)
        return
    current = _current(changes, message)
    if current is not None:
        changes.put_verification(_with_delivery(current, delivery, error))


def _send_again(changes: Changes, message: Message, error: str | None) -> bool:
    """Queue the text again under a new key, because a transient error prevented its delivery. It
    counts as another code.

    False if its code is no longer live, or its rounds or the phone's codes are used up.
    """
    current = _current(changes, message)
    if current is None or current.awaiting != "code" or message.round + 1 >= SEND_ROUNDS:
        return False
    phone, door = changes.phone(message.phone), asked_by(current)
    now, policy = changes.now, changes.policy
    is_over = ceilings.refusal(changes, door) is not None
    if is_over or not limits.may_send_again(phone, door, now, policy):
        return False
    changes.put(limits.count_again(phone, door, now))
    changes.count_text(door)
    again = replace(
        message,
        state="queued",
        round=message.round + 1,
        tries=0,
        not_before=changes.now + backoff(message),
        lease_owner=None,
        lease_until=0,
        provider_id=None,
        delivery=None,
        error=error,
    )
    changes.put(again)
    changes.put_verification(_with_delivery(current, "queued"))
    return True


def _current(changes: Changes, message: Message) -> Verification | None:
    """The verification whose newest code this message carries."""
    if message.verification_id is None:
        return None
    verification = changes.verification(message.verification_id)
    if verification is None or verification.message_id != message.id:
        return None
    return verification
