"""Every event that the log tells: its level and its fields. docs/operations/logs.md lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from msgspec import Struct

Level = Literal["debug", "info", "warning", "error"]
LEVELS: Mapping[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Entry(Struct, frozen=True):
    """One event that happened. `fields` is in the order in which they are written. `phone` is not
    written: the metrics count its country."""

    event: str
    fields: dict[str, Any]
    phone: str = ""


class Kind(NamedTuple):
    """Every event may have `request_id` and `traceparent` beside its own fields."""

    level: Level
    fields: tuple[str, ...]


_OF_REQUEST = ("request_id", "traceparent")
_CODE = ("verification", "phone", "kind", "message", "door")
_TEXT = ("phone", "kind", "message")
_ERROR = ("error", "meaning", "cure")
_CALLBACK = ("verification", "client", "type", "callback", "tries", "answer")


EVENTS: Mapping[str, Kind] = {
    "settings": Kind("info", ("settings",)),
    "ready": Kind("info", ("version", "database", "metrics")),
    "stopped": Kind("info", ()),
    "webhook_refused": Kind("warning", ("reason", "count", "reasons")),
    "unauthorized": Kind("warning", ("reason", "count", "reasons")),
    "text_received": Kind(
        "info", ("phone", "intent", "before", "after", "verification", "event_id")
    ),
    "text_duplicate": Kind("debug", ("phone", "event_id")),
    "text_ignored": Kind("info", ("phone", "reason", "event_id")),
    "code_queued": Kind("info", _CODE),
    "code_sent": Kind("info", (*_CODE, "provider_id")),
    "code_delivered": Kind("info", (*_CODE, "event_id")),
    "code_refused": Kind("warning", (*_CODE, *_ERROR)),
    "code_held": Kind("error", (*_CODE, *_ERROR)),
    "code_retried": Kind("warning", (*_CODE, *_ERROR, "event_id")),
    "code_undelivered": Kind("warning", (*_CODE, *_ERROR, "event_id")),
    "code_unsent": Kind("warning", _CODE),
    "text_queued": Kind("debug", _TEXT),
    "text_sent": Kind("debug", (*_TEXT, "provider_id")),
    "text_delivered": Kind("debug", (*_TEXT, "event_id")),
    "text_refused": Kind("warning", (*_TEXT, *_ERROR)),
    "text_held": Kind("error", (*_TEXT, *_ERROR)),
    "text_retried": Kind("warning", (*_TEXT, *_ERROR, "event_id")),
    "text_undelivered": Kind("warning", (*_TEXT, *_ERROR, "event_id")),
    "text_unsent": Kind("warning", _TEXT),
    "verification_opened": Kind(
        "info", ("verification", "client", "method", "code_entry", "phone")
    ),
    "wrong_code": Kind("info", ("verification", "phone", "door", "attempts_left")),
    "locked": Kind("warning", ("phone", "seconds")),
    "approved": Kind("info", ("verification", "phone", "binding", "seconds")),
    "denied": Kind("info", ("verification", "phone", "reason")),
    "repudiated": Kind("warning", ("verification", "phone")),
    "verification_ended": Kind("info", ("verification", "phone", "status", "reason")),
    "redeemed": Kind("info", ("verification", "client")),
    "opted_out": Kind("info", ("phone", "number")),
    "opted_in": Kind("info", ("phone", "number")),
    "limited": Kind("info", ("phone", "door", "limit", "seconds")),
    "guard_refused": Kind("warning", ("phone", "by", "seconds", "enforced")),
    "request_failed": Kind("info", ("verification", "phone", "reason")),
    "page_door_closed": Kind("warning", ("phone", "by", "seconds")),
    "unlocked": Kind("info", ("phone",)),
    "operator": Kind("info", ("action", "verification", "phone", "address")),
    "ceiling_near": Kind("warning", ("limit", "used", "ceiling")),
    "spraying_noticed": Kind("warning", ("wrong", "compared")),
    "conversion_low": Kind("warning", ("approved", "codes")),
    "callback_delivered": Kind("info", _CALLBACK),
    "callback_retried": Kind("warning", _CALLBACK),
    "callback_failed": Kind("error", _CALLBACK),
    "callback_disabled": Kind("error", _CALLBACK),
    "slow_batch": Kind("warning", ("commands", "gather", "decide", "commit")),
    "database_lost": Kind("error", ("cause",)),
    "database_back": Kind("warning", ("seconds",)),
}


def known_fields(event: str) -> tuple[str, ...]:
    """Its own fields, and those of the request that it comes from."""
    return (*EVENTS[event].fields, *_OF_REQUEST)
