"""Phone numbers in requests."""

from __future__ import annotations

from bot.phone import canonical
from webhooks.http.problems import invalid


def parse_phone(typed: str, default_region: str) -> str:
    """The number in E.164. Without a `+` it is read as a number of `default_region` (ISO 3166).
    Raises Problem."""
    phone = canonical(typed, default_region)
    if phone is None:
        raise invalid("phone_number", "must be a phone number")
    return phone
