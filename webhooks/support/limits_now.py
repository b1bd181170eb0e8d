"""What is true of a phone now: locks, opt-outs, limits used, and when there is room again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot import ceilings, guard, limits, page_door
from bot.changes import Changes
from bot.events import Door
from bot.limits import Refusal
from bot.phone import region_of
from bot.policy import Policy
from bot.records import DAY_MS, Phone
from bot.snapshot import Snapshot
from storage.histories import Records
from storage.ids import Ids
from storage.send_slots import SendSlots
from webhooks.support.times import clock_time, duration, is_never, until

_DOORS: Mapping[Door, str] = {"text": "by text", "page": "by pages and web apps"}
_WINDOWS: Mapping[str, str] = {
    "codes_per_10_min": "10 minutes",
    "codes_per_hour": "an hour",
    "codes_per_day": "a day",
}
_FORBIDDEN: Mapping[str, str] = {
    "region_not_allowed": "Gets no codes: {region} is not in ALLOWED_REGIONS",
    "number_not_allowed": "Gets no codes: it is a kind of number that gets none",
}


def sentences(records: Records, policy: Policy) -> list[str]:
    """Sentences, the worst first."""
    if records.phone is None:
        return []
    known = records.known or Phone(records.phone)
    return [
        *_locks(records, known, policy),
        *_codes(records, known, "text", policy),
        *_codes(records, known, "page", policy),
    ]


def is_locked(records: Records) -> bool:
    """Whether `unlock` changes anything."""
    known = records.known
    return known is not None and (
        known.locked_until > records.now or page_door.is_closed(known, records.now)
    )


def _locks(records: Records, known: Phone, policy: Policy) -> Iterator[str]:
    now, phone = records.now, known.phone
    if (forbidden := policy.reason_against(phone)) is not None:
        yield _FORBIDDEN[forbidden].format(region=region_of(phone) or "its region")
    for pair in records.conversations:
        if pair.opted_out_at is not None:
            own = ", by words that Telnyx may not know" if pair.own_stop_at else ""
            since = clock_time(pair.opted_out_at)
            yield f"Opted out of texts from {pair.number} since {since}{own}: it must text START"
    if known.locked_until > now:
        yield f"Replying by text is locked {until(known.locked_until, now)}: too many wrong codes"
    if page_door.is_closed(known, now):
        yield f"Pages and web apps get no codes for it {_door_ends(known, now)}"
    if (blocked := limits.refs_blocked_until(known, now)) is not None:
        yield f"Letters that it texts are ignored {until(blocked, now)}: too many wrong ones"
    if wrong := limits.wrong_today(known, now):
        more = ": new codes have 8 digits" if limits.is_suspicious(known, now, policy) else ""
        yield f"Wrong codes in 24 hours: {wrong} of {policy.wrong_per_day}{more}"


def _door_ends(known: Phone, now: int) -> str:
    if is_never(known.page_closed_until):
        return "until it logs in by text: 100 wrong codes in a row"
    return f"{until(known.page_closed_until, now)}, or until it logs in by text: it answered NO"


def _codes(records: Records, known: Phone, door: Door, policy: Policy) -> Iterator[str]:
    sent = known.page_codes_at if door == "page" else known.codes_at
    if door == "page" and not sent:
        return
    used = ", ".join(
        f"{len(limits.times(sent, records.now - length))} of {size} in {_WINDOWS[name]}"
        for name, length, size in policy.windows()
    )
    refusal = next_code(records, door, policy)
    room = "another one is possible now"
    if refusal is not None:
        wait = duration(refusal.until - records.now)
        room = f"no more before {clock_time(refusal.until)}, in {wait} ({refusal.limit})"
    yield f"Codes asked for {_DOORS[door]}: {used}; {room}"


def next_code(records: Records, door: Door, policy: Policy) -> Refusal | None:
    """The limit that refuses another code now, as the core decides it."""
    known = records.known or Phone(records.phone or "")
    snapshot = Snapshot()
    snapshot.add([*records.guards, *records.usage])
    changes = Changes(snapshot, records.now, policy, Ids(), SendSlots())
    refusals = [
        limits.may_send_code(known, door, records.now, policy),
        ceilings.refusal(changes, door),
        guard.refusal(changes, known.phone, None, None) if door == "page" else None,
    ]
    return max(filter(None, refusals), key=lambda one: one.until, default=None)


def wrong_codes(records: Records) -> list[int]:
    """When the wrong codes of the last 24 hours came (ms)."""
    known = records.known
    return [] if known is None else limits.times(known.wrong_at, records.now - DAY_MS)
