"""What is deleted: rows that are older than the retention, and everything about one phone.

Kept for ever are opt-outs and opt-ins, a phone's wrong codes in a row with what they have closed,
and web apps. What is still open is kept too: the sweeps end it first.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from bot import duplicates
from bot.changes import Changes
from bot.commands import OwnValueSet, PhoneForgotten, RowsPurged
from bot.outcomes import Duplicate, Outcome, Recorded
from bot.records import (
    HOUR_MS,
    TABLES,
    Address,
    Callback,
    ForgottenOptOut,
    Guard,
    IdempotentRequest,
    Message,
    OwnValue,
    Phone,
    Usage,
    Verification,
    WebhookEvent,
)

#: The tables that retention looks at, those first that name others.
PURGED = (
    *("callbacks", "idempotent_requests", "messages", "events", "verifications"),
    *("phones", "addresses", "guards", "usage"),
)
#: Their rows may change after they were read. So each is looked at again before it is deleted.
LIVING = frozenset({"phones", "addresses", "guards"})


def rest(record: Struct, before: int, now: int) -> Struct | None:
    """What is left of a record when what is older than `before` (ms) is deleted; None: nothing."""
    if isinstance(record, Phone):
        return _rest_of_phone(record, before, now)
    return None if _is_over(record, before) else record


def is_young(record: Struct, before: int) -> bool:
    """Whether this row, and each with a greater key, is not yet over: their ids sort by age."""
    return isinstance(record, Verification | Message | Callback) and record.created_at >= before


def purge(changes: Changes, command: RowsPurged) -> Outcome:
    """Delete rows that are over."""
    column = TABLES[command.table].key[0]
    if command.table not in LIVING:
        changes.delete(command.table, column, command.keys)
        return Recorded()
    known = getattr(changes.snapshot.rows, command.table)
    left: dict[str | int, Struct | None] = {
        key: rest(known[key], command.before, changes.now) for key in command.keys if key in known
    }
    if command.table == "phones":  # their conversations are found by their rows
        paired = {pair.phone for pair in changes.snapshot.rows.conversations.values()}
        left |= {key: Phone(key) for key, one in left.items() if one is None and key in paired}
    changes.delete(command.table, column, [key for key, one in left.items() if one is None])
    for key, one in left.items():
        if one is not None and one != known[key]:
            changes.put(one)
    return Recorded()


def forget(changes: Changes, command: PhoneForgotten) -> Outcome:
    """Delete what is known about a phone. Its opt-outs become hashes."""
    rows, phone = changes.snapshot.rows, command.phone
    for pair in rows.conversations.values():
        hash = command.hashes.get(pair.number) if pair.phone == phone else None
        if hash and (pair.opted_out_at is not None or pair.own_stop_at is not None):
            changes.put(ForgottenOptOut(hash, pair.opted_out_at, pair.own_stop_at))
    changes.delete("messages", "id", (one.id for one in changes.snapshot.queued_messages(phone)))
    changes.delete("verifications", "id", changes.snapshot.ids_of_phone(phone))
    changes.delete("conversations", "phone", [phone])
    changes.delete("phones", "phone", [phone])
    return Recorded()


def set_own_value(changes: Changes, command: OwnValueSet) -> Outcome:
    """Set a value of the service's own, unless somebody else has."""
    known = changes.snapshot.rows.own_values.get(command.name)
    if (known.value if known else None) != command.instead_of:
        return Duplicate()
    changes.put(OwnValue(command.name, command.value))
    return Recorded()


def _is_over(record: Struct, before: int) -> bool:
    match record:
        case Verification():
            return _is_verification_over(record, before)
        case Message() | Callback():
            return record.state != "queued" and record.created_at < before
        case WebhookEvent():
            return record.received_at < before
        case IdempotentRequest():
            return record.created_at < before
        case Address():
            return _newest(record.codes_at) < before
        case Guard():
            regions = (pair.partition(":")[2] for pair in record.regions.split(","))
            times = (record.unused_at, record.approved_at, *regions)
            return max(map(_newest, times)) < before
        case Usage():
            return (record.hour + 1) * HOUR_MS <= before
        case _:
            return False


def _is_verification_over(one: Verification, before: int) -> bool:
    """A web app's pending one is ended by a sweep first, which may announce it."""
    if one.status == "pending" and one.client is not None:
        return False
    later = (one.completed_at, one.redeemed_at, one.repudiated_at)
    return max(one.created_at, one.expires_at, *(at or 0 for at in later)) < before


def _rest_of_phone(phone: Phone, before: int, now: int) -> Phone | None:
    """An empty row stays: it leads to the phone's opt-outs and opt-ins."""
    windows = (
        *(phone.codes_at, phone.page_codes_at, phone.wrong_at, phone.wrong_texts_at),
        *(phone.ref_misses_at, phone.replies_at, phone.helped_at),
    )
    newest = max(*map(_newest, windows), duplicates.newest(phone.texts), phone.locked_until)
    if newest >= before or phone == Phone(phone.phone):
        return phone
    kept = replace(Phone(phone.phone), wrong_in_a_row=phone.wrong_in_a_row)
    if phone.page_closed_until > now:
        kept = replace(kept, page_closed_until=phone.page_closed_until)
    return None if kept == Phone(phone.phone) else kept


def _newest(window: str) -> int:
    """The last time (ms) of a window; 0 if it is empty."""
    last = window.rpartition(",")[2]
    return int(last) if last else 0
