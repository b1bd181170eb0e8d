"""The entries of decision events, and the names of intents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from bot.events import (
    Approved,
    CeilingNear,
    ConversionLow,
    Denied,
    Event,
    GuardRefused,
    Locked,
    PageDoorClosed,
    Refused,
    Repudiated,
    RequestFailed,
    SprayingNoticed,
    TextIgnored,
    Unlocked,
    WrongCode,
)
from bot.intents import Intent
from bot.phone import mask
from bot.records import NEVER
from webhooks.ops.log_events import Entry

#: `CodeInSentence` → `code_in_sentence`.
INTENTS: Mapping[type, str] = {
    one: re.sub(r"(?<=[a-z])(?=[A-Z])", "_", one.__name__).lower() for one in get_args(Intent)
}


def entry(event: Event, now: int) -> Entry:
    """Its entry."""
    name, fields = _named(event, now)
    return Entry(name, {key: value for key, value in fields.items() if value is not None})


def _named(event: Event, now: int) -> tuple[str, dict[str, object]]:
    match event:
        case CeilingNear():
            used = {"used": event.used, "ceiling": event.ceiling}
            return "ceiling_near", {"limit": event.limit, **used}
        case SprayingNoticed():
            return "spraying_noticed", {"wrong": event.wrong, "compared": event.compared}
        case ConversionLow():
            return "conversion_low", {"approved": event.approved, "codes": event.codes}
    phone: dict[str, object] = {"phone": mask(event.phone) if event.phone else None}
    if isinstance(event, WrongCode | Approved | Denied | Repudiated | RequestFailed):
        phone = {"verification": event.verification_id, **phone}
    match event:
        case WrongCode():
            return "wrong_code", phone | {"door": event.door, "attempts_left": event.attempts_left}
        case Locked():
            return "locked", phone | {"seconds": _left(event.until, now)}
        case Approved():
            return "approved", phone | {"binding": event.binding, "seconds": event.after / 1000}
        case Denied():
            return "denied", phone | {"reason": event.reason}
        case Repudiated():
            return "repudiated", phone
        case Refused():
            limit = {"door": event.door, "limit": event.limit}
            return "limited", phone | limit | {"seconds": _left(event.until, now)}
        case RequestFailed():
            return "request_failed", phone | {"reason": event.reason}
        case TextIgnored():
            return "text_ignored", phone | {"reason": event.why}
        case PageDoorClosed():
            return "page_door_closed", phone | {"by": event.by, "seconds": _left(event.until, now)}
        case Unlocked():
            return "unlocked", phone
        case GuardRefused():
            fields = {"by": event.by, "seconds": _left(event.until, now)}
            return "guard_refused", phone | fields | {"enforced": event.enforced}


def _left(until: int, now: int) -> int | None:
    """Seconds until then; None if that is never."""
    return None if until == NEVER else max(until - now, 0) // 1000
