"""What a commit means to people: its entries for the log and the metrics.

No entry holds a code, a token, a key or what somebody texted, and phones are masked. It runs for
each text, so it looks only at what its decision has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bot.commands import (
    CallbackSettled,
    Command,
    DeliveryReported,
    MessageSettled,
    OutboxSwept,
    Redeemed,
    ResendRequested,
    TextReceived,
    VerificationRequested,
)
from bot.events import Door
from bot.intents import Start, Stop
from bot.outcomes import Duplicate, Found
from bot.phone import mask
from bot.records import Conversation, Message, Verification
from bot.telnyx_cures import cure
from storage.commit import Commit, Decided
from storage.request import Request
from webhooks.ops import story_events
from webhooks.ops.log_events import Entry

#: Above it a batch delays many people.
SLOW_BATCH_S = 1.0
_SENT = {"sent": "sent", "refused": "refused", "retry": "retried", "held": "held"}
_RECEIPTS = {"delivered": "delivered", "failed": "undelivered"}
_CALLBACKS = {"delivered": "delivered", "queued": "retried", "failed": "failed"}

Fields = dict[str, Any]
_NO_FIELDS: Fields = {}


def tell(commit: Commit) -> list[Entry]:
    """The entries of a commit, in the order of its commands."""
    entries: list[Entry] = []
    now = commit.now
    for decided in commit.decided:
        told = len(entries)
        decision = decided.decision
        teller = _TELLERS.get(decided.command.__class__)
        if teller is not None:
            entries += teller(decided, now)
        if decision.events:
            for event in decision.events:
                entries.append(story_events.entry(event, now))
        for one in decision.rows.verifications.values():
            if one.status != "pending":
                entries += _ends(decided, now)
                break
        if decided.request is not None:
            name_request(entries, decided.request, told)
    if sum(commit.steps) > SLOW_BATCH_S:
        steps = {step: round(took, 3) for step, took in commit.steps._asdict().items()}
        entries.append(Entry("slow_batch", {"commands": len(commit.decided), **steps}))
    return entries


def name_request(entries: list[Entry], request: Request | None, first: int = 0) -> None:
    """Add the request that the entries from `first` on come from."""
    if request is None:
        return
    for entry in entries[first:]:
        entry.fields["request_id"] = request.id
        if request.traceparent:
            entry.fields["traceparent"] = request.traceparent


# -- texts -----------------------------------------------------------------------------------------


def _text(decided: Decided, now: int) -> list[Entry]:
    command, decision = decided.command, decided.decision
    assert isinstance(command, TextReceived)
    phone, rows = mask(command.phone), decision.rows
    if decision.phases is None:
        if isinstance(decision.outcome, Duplicate):
            return [Entry("text_duplicate", {"phone": phone, "event_id": command.event_id})]
        return []  # it is ignored, as its event says
    before, after = decision.phases
    fields = {
        "phone": phone,
        "intent": INTENTS[command.intent.__class__],
        "before": before,
        "after": after,
        "event_id": command.event_id,
    }
    for id in rows.verifications:
        fields["verification"] = id
    told = [Entry("text_received", fields)]
    if rows.conversations:
        told += _opting(decided)
    for message in rows.messages.values():
        if message.state == "queued" and message.created_at == now:
            told.append(_about(message, "queued", "text", phone))
    return told


def _opting(decided: Decided) -> list[Entry]:
    """Who has opted out or in."""
    return [
        Entry(event, {"phone": mask(pair.phone), "number": pair.number})
        for pair in decided.decision.rows.conversations.values()
        if (event := _opted(decided.command, pair))
    ]


def _opted(command: Command, pair: Conversation) -> str | None:
    is_out = pair.opted_out_at is not None
    if not isinstance(command, TextReceived):  # Telnyx refused or accepted a text
        return "opted_out" if is_out else "opted_in"
    if isinstance(command.intent, Stop) and is_out:
        return "opted_out"
    is_start = isinstance(command.intent, Start) or command.autoresponse == "START"
    return "opted_in" if is_start else None


# -- our messages ----------------------------------------------------------------------------------


def _queued(decided: Decided, now: int) -> list[Entry]:
    return [
        _about(message, "queued", "page")
        for message in decided.decision.rows.messages.values()
        if message.state == "queued" and message.created_at == now
    ]


def _about(message: Message, outcome: str, door: Door, phone: str | None = None) -> Entry:
    """`door` asked for the code, if there is one; `phone` is masked."""
    phone = phone or mask(message.phone)
    fields: Fields
    if message.code is None:
        fields = {"phone": phone, "kind": message.kind, "message": message.id}
        return Entry(f"text_{outcome}", fields, message.phone)
    fields = {
        "verification": message.verification_id,
        "phone": phone,
        "kind": message.kind,
        "message": message.id,
        "door": door,
    }
    return Entry(f"code_{outcome}", fields, message.phone)


def _became(message: Message, outcome: str, decided: Decided, more: Fields = _NO_FIELDS) -> Entry:
    """What became of a text after it was queued."""
    about = decided.decision.rows.verifications.get(message.verification_id or "")
    entry = _about(message, outcome, "page" if about and about.method == "sms" else "text")
    entry.fields.update(more)
    return entry


def _settled(decided: Decided, now: int) -> Iterator[Entry]:
    command = decided.command
    assert isinstance(command, MessageSettled)
    message = decided.decision.rows.messages.get(command.message_id)
    if message is None:
        return
    outcome = _SENT[command.outcome]
    more = {"provider_id": command.provider_id} if outcome == "sent" else _error(command.error)
    yield _became(message, outcome, decided, more)
    if outcome == "sent" and message.delivery in _RECEIPTS:  # its receipt came first
        yield _became(message, _RECEIPTS[message.delivery], decided, _error(message.error))
    if decided.decision.rows.conversations:
        yield from _opting(decided)


def _reported(decided: Decided, now: int) -> Iterator[Entry]:
    command = decided.command
    assert isinstance(command, DeliveryReported)
    for message in decided.decision.rows.messages.values():
        if message.provider_id != command.provider_id and message.state != "queued":
            continue  # withdrawn with the verification that this receipt ends
        outcome = "retried" if message.state == "queued" else _RECEIPTS.get(message.delivery or "")
        if outcome is not None:
            more = _error(command.error) if outcome != "delivered" else {}
            yield _became(message, outcome, decided, more | {"event_id": command.event_id})
    if decided.decision.rows.conversations:
        yield from _opting(decided)


def _swept(decided: Decided, now: int) -> Iterator[Entry]:
    for message in decided.decision.rows.messages.values():
        if message.state == "expired":
            yield _became(message, "unsent", decided)


def _error(code: str | None) -> Fields:
    if code is None:
        return {}
    meaning, what_to_do = cure(code)
    return {"error": code, "meaning": meaning, "cure": what_to_do}


# -- verifications ---------------------------------------------------------------------------------


def _requested(decided: Decided, now: int) -> Iterator[Entry]:
    for one in decided.decision.rows.verifications.values():
        if one.revision == 1:
            fields = {"verification": one.id, "client": one.client, "method": one.method}
            fields["code_entry"] = one.code_entry
            if one.phone:
                fields["phone"] = mask(one.phone)
            yield Entry("verification_opened", fields)
    yield from _queued(decided, now)


def _redeemed(decided: Decided, now: int) -> Iterator[Entry]:
    outcome = decided.decision.outcome
    if isinstance(outcome, Found):
        one = outcome.verification
        yield Entry("redeemed", {"verification": one.id, "client": one.client})


def ended(decided: Decided, now: int) -> list[Verification]:
    """The verifications that this decision ends. A later change of an ended one is no end."""
    over = [one for one in decided.decision.rows.verifications.values() if one.status != "pending"]
    if not over or isinstance(decided.command, Redeemed):
        return []
    if isinstance(decided.command, MessageSettled | DeliveryReported):
        return [one for one in over if one.completed_at == now]
    return [one for one in over if one.completed_at == now or one.status == "expired"]


def _ends(decided: Decided, now: int) -> list[Entry]:
    """Those that end without an event of their own."""
    return [
        Entry("verification_ended", _end(one))
        for one in ended(decided, now)
        if one.status not in ("approved", "denied")
    ]


def _end(one: Verification) -> Fields:
    fields: Fields = {"verification": one.id}
    if one.phone:
        fields["phone"] = mask(one.phone)
    fields["status"] = one.status
    if one.reason:
        fields["reason"] = one.reason
    return fields


def _called_back(decided: Decided, now: int) -> Iterator[Entry]:
    for one in decided.decision.rows.callbacks.values():
        fields = {"verification": one.verification_id, "client": one.client, "type": one.type}
        more = {"callback": one.id, "tries": one.tries, "answer": one.answer}
        outcome = _CALLBACKS.get(one.state, "disabled")
        yield Entry(f"callback_{outcome}", fields | more)


_TELLERS: Mapping[type, Callable[[Decided, int], Iterable[Entry]]] = {
    TextReceived: _text,
    MessageSettled: _settled,
    DeliveryReported: _reported,
    OutboxSwept: _swept,
    VerificationRequested: _requested,
    ResendRequested: _queued,
    Redeemed: _redeemed,
    CallbackSettled: _called_back,
}
#: Intents by type, as the log names them.
INTENTS: Mapping[type, str] = story_events.INTENTS
