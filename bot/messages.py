"""What becomes of our messages: the sender's reports, Telnyx's receipts, and the outbox's sweep.

Which of Telnyx's errors are final for a phone and which may pass is decided here, once.
"""

from __future__ import annotations

from msgspec.structs import replace

from bot.changes import Changes
from bot.commands import (
    DeliveryReported,
    EventIgnored,
    LeasesReturned,
    MessageSettled,
    OutboxSwept,
    SendOutcome,
)
from bot.issue import finish
from bot.outcomes import Duplicate, Outcome, Recorded
from bot.policy import SEND_ROUNDS
from bot.records import Message, Verification, WebhookEvent, WebhookEventKind

OPTED_OUT = "40300"
PERMANENT = frozenset(
    {"40001", "40012", OPTED_OUT, "40310", "10002", "10016", "40309", "40301", "40319"}
    | {"40302", "40316", "40322", "40328"}  # our words, which no second try changes
)
PASSING = frozenset({"40006", "40008", "10007", "10008", "10037", "10011"})
#: What the sender notes of a try that may have been accepted all the same.
UNANSWERED = frozenset({"unreachable", "unreadable"})
#: The account's, not the phone's: somebody has to mend them, and no user is told.
OURS = frozenset(
    {"40305", "40312", "40314", "40331", "40333", "40315", "40321", "40010", "40329", "40330"}
    | {"40100", "10009", "20002", "10039", "20012", "20100"}
    | {"40020", "40320", "40318", "40011"}  # and these pass by themselves, in hours
)

#: Telnyx's words for a receipt → ours. What was not confirmed is taken as sent.
_DELIVERY = {
    "sent": "sent",
    "delivery_unconfirmed": "sent",
    "delivered": "delivered",
    "sending_failed": "failed",
    "delivery_failed": "failed",
    "expired": "failed",
}
_RANK = {None: 0, "queued": 0, "sent": 1, "failed": 2, "delivered": 3}

FIRST_BACKOFF, LONGEST_BACKOFF, HELD_BACKOFF = 500, 8_000, 15_000


def ignore(changes: Changes, event: EventIgnored) -> Outcome:
    """Recorded, nothing else."""
    if event.event_id in changes.snapshot.event_ids:
        return Duplicate()
    _record(changes, event.event_id, "other")
    return Recorded()


def report(changes: Changes, receipt: DeliveryReported) -> Outcome:
    """A receipt; one that overtook the sender's own report waits for it."""
    if receipt.event_id in changes.snapshot.event_ids:
        return Duplicate()
    message = changes.snapshot.message_of_provider(receipt.provider_id)
    unmatched = 1 if message is None else None
    _record(
        changes,
        receipt.event_id,
        "receipt",
        receipt.provider_id,
        receipt.status,
        receipt.error,
        unmatched,
    )
    if message is not None:
        _apply_receipt(changes, message, receipt.status, receipt.error)
    return Recorded()


def settle(changes: Changes, report: MessageSettled) -> Outcome:
    """How one try to send ended."""
    message = changes.message(report.message_id)
    if message is None or message.state not in ("queued", "withdrawn"):
        return Recorded()
    match report.outcome:
        case "sent":
            _sent(changes, message, report.provider_id)
        case "refused":
            _refused(changes, message, report.error)
        case _ if message.state == "queued":
            _later(changes, message, report)
    return Recorded()


def sweep(changes: Changes, command: OutboxSwept) -> Outcome:
    """What is due goes to the sweeping process; what is too late goes nowhere."""
    for id in changes.snapshot.due:
        message = changes.message(id)
        if message is None or message.state != "queued":
            continue
        if message.send_before <= changes.now:
            _expire(changes, message)
        elif message.lease_until <= changes.now:
            owner, until = changes.slots.lease(changes.now)
            if owner:
                changes.put_message(replace(message, lease_owner=owner, lease_until=until))
    return Recorded()


def give_back(changes: Changes, command: LeasesReturned) -> Outcome:
    """Unsent messages of a process that stops: free for any other."""
    for id in command.message_ids:
        message = changes.message(id)
        if message is not None and message.state == "queued":
            changes.put_message(replace(message, lease_owner=None, lease_until=0))
    return Recorded()


def classify(status: int, code: str | None, earlier: str | None) -> SendOutcome:
    """What Telnyx's refusal of a send means: sent, refused, retry or held.

    A changed body under a known idempotency key (422) was sent before, where an `earlier` try
    ended without an answer.
    """
    if code in PERMANENT:
        return "refused"
    if code in OURS or status in (401, 403):
        return "held"
    if code in PASSING or status in (408, 409, 425, 429) or status >= 500:
        return "retry"
    return "sent" if status == 422 and earlier in UNANSWERED else "refused"


def backoff(message: Message) -> int:
    """Milliseconds until the next try: doubling, spread by the message's own id."""
    length: int = min(FIRST_BACKOFF << min(message.tries, 8), LONGEST_BACKOFF)
    spread = int(message.id[-2:], 16) / 256
    return int(length * (0.75 + spread / 2))


def _sent(changes: Changes, message: Message, provider_id: str | None) -> None:
    known = message.delivery or "sent"
    changes.put_message(
        replace(message, state="sent", provider_id=provider_id, delivery=known, error=None)
    )
    _lift_opt_out(changes, message)
    current = _current(changes, message)
    if current is not None and current.delivery == "queued":
        changes.put_verification(replace(current, delivery="sent"))
    for receipt in changes.snapshot.receipts.get(provider_id or "", ()):
        changes.put_event(replace(receipt, unmatched=None))
        settled = changes.message(message.id)
        if settled is not None and settled.state == "sent" and receipt.status:
            _apply_receipt(changes, settled, receipt.status, receipt.error)


def _lift_opt_out(changes: Changes, message: Message) -> None:
    """Telnyx took a text to somebody who had opted out: a START that we have not seen."""
    pair = changes.conversation(message.phone, message.number)
    if pair.opted_out_at is not None and pair.opted_out_at < message.created_at:
        changes.put_conversation(replace(pair, opted_out_at=None, opted_in_at=changes.now))


def _refused(changes: Changes, message: Message, error: str | None) -> None:
    changes.put_message(replace(message, state="failed", delivery="failed", error=error))
    _give_up(changes, message, error)


def _give_up(changes: Changes, message: Message, error: str | None) -> None:
    """This phone can't be reached: a verification whose current code this was has failed."""
    if error == OPTED_OUT:
        _opt_out(changes, message)
    current = _current(changes, message)
    if current is None:
        return
    if current.status == "pending":
        reason = "opted_out" if error == OPTED_OUT else "undeliverable"
        finish(changes, replace(current, delivery="failed"), "failed", reason)
    else:
        changes.put_verification(replace(current, delivery="failed"))


def _opt_out(changes: Changes, message: Message) -> None:
    """Unless the phone has opted in again since the message was made."""
    pair = changes.conversation(message.phone, message.number)
    if (pair.opted_in_at or 0) < message.created_at:
        changes.put_conversation(replace(pair, opted_out_at=pair.opted_out_at or changes.now))
        changes.put_phone(changes.phone(message.phone))


def _later(changes: Changes, message: Message, report: MessageSettled) -> None:
    wait = HELD_BACKOFF if report.outcome == "held" else backoff(message)
    changes.put_message(
        replace(
            message,
            tries=message.tries + 1,
            not_before=changes.now + wait,
            lease_owner=None,
            lease_until=0,
            error=report.error,
        )
    )


def _expire(changes: Changes, message: Message) -> None:
    changes.put_message(replace(message, state="expired"))
    current = _current(changes, message)
    if current is not None and current.delivery == "queued":
        changes.put_verification(replace(current, delivery="failed"))


def _apply_receipt(changes: Changes, message: Message, status: str, error: str | None) -> None:
    delivery = _DELIVERY.get(status)
    if delivery is None or _RANK[delivery] <= _RANK[message.delivery]:
        return
    if delivery == "failed" and error in PASSING and _try_again(changes, message, error):
        return
    changes.put_message(replace(message, delivery=delivery, error=error))
    if delivery == "failed" and error in PERMANENT:
        _give_up(changes, message, error)
        return
    current = _current(changes, message)
    if current is not None:
        changes.put_verification(replace(current, delivery=delivery))


def _try_again(changes: Changes, message: Message, error: str | None) -> bool:
    """Accepted, then not delivered for a reason that passes: the same text under a new key."""
    current = _current(changes, message)
    if current is None or current.awaiting != "code" or message.round + 1 >= SEND_ROUNDS:
        return False
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
    changes.put_message(again)
    changes.put_verification(replace(current, delivery="queued"))
    return True


def _current(changes: Changes, message: Message) -> Verification | None:
    """The verification whose newest code this message carries."""
    if message.verification_id is None:
        return None
    verification = changes.verification(message.verification_id)
    if verification is None or verification.message_id != message.id:
        return None
    return verification


def _record(
    changes: Changes,
    event_id: str,
    kind: WebhookEventKind,
    message_id: str | None = None,
    status: str | None = None,
    error: str | None = None,
    unmatched: int | None = None,
) -> None:
    changes.put_event(
        WebhookEvent(event_id, kind, message_id, status, error, unmatched, changes.now)
    )
