"""The query of `GET /v1/verifications`: a phone's recent verifications, in pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct

from bot.records import MINUTE_MS
from webhooks.api.phone_number import parse_phone
from webhooks.http.problems import invalid

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_DEFAULT_AGE_MS = 15 * MINUTE_MS
_PARAMETERS = frozenset({"phone_number", "created_after", "limit", "after"})
_CURSOR = re.compile(r"ver_[0-9a-f]{47}", re.ASCII)


class ListQuery(Struct, frozen=True):
    """The parsed query. `created_after` is in ms since the epoch; `after` is the id of the last
    verification on the previous page."""

    phone: str
    created_after: int
    limit: int
    after: str | None


def parse(query: Mapping[str, str], default_region: str, now: int) -> ListQuery:
    """Raises Problem for the first invalid parameter."""
    for name in query:
        if name not in _PARAMETERS:
            raise invalid(name[:100], "Unknown parameter.")
    return ListQuery(
        limit=_limit(query.get("limit")),
        phone=parse_phone(_with_plus(query.get("phone_number", "")), default_region),
        created_after=_created_after(query.get("created_after"), now - _DEFAULT_AGE_MS),
        after=_cursor(query.get("after")),
    )


def _with_plus(typed: str) -> str:
    """An unescaped `+` in a query arrives as a space."""
    return "+" + typed[1:] if typed.startswith(" ") else typed


def _limit(typed: str | None) -> int:
    if typed is None:
        return DEFAULT_LIMIT
    if not re.fullmatch("[0-9]{1,3}", typed, re.ASCII) or not 1 <= int(typed) <= MAX_LIMIT:
        raise invalid("limit", f"must be a whole number from 1 to {MAX_LIMIT}")
    return int(typed)


def _created_after(typed: str | None, default: int) -> int:
    """An RFC 3339 time in ms since the epoch; read as UTC if it has no offset."""
    if typed is None:
        return default
    try:
        moment = datetime.fromisoformat(typed.replace(" ", "+"))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise invalid("created_after", "must be a time like 2026-01-31T12:00:00Z") from None


def _cursor(typed: str | None) -> str | None:
    if typed is not None and not _CURSOR.fullmatch(typed):
        raise invalid("after", "must be the `next` of an earlier page")
    return typed
