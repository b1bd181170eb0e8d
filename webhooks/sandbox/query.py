"""Query strings of Telnyx's lists: spans of time, pages."""

from collections.abc import Sequence
from typing import Any

from webhooks.sandbox.refusals import RefusalError
from webhooks.sandbox.times import parse

_DEFAULT_SIZE = 20
_LARGEST_SIZE = 250


def is_between(at: str, query: dict[str, str], name: str) -> bool:
    """Whether a time is in the span that `name[gte]` and `name[lte]` give. Raises RefusalError."""
    try:
        since, until = (query.get(f"{name}[{end}]") for end in ("gte", "lte"))
        moment = parse(at)
        return (since is None or parse(since) <= moment) and (
            until is None or moment <= parse(until)
        )
    except ValueError:
        raise RefusalError(422, "10015", f"The parameter '{name}' is not a time.") from None


def page(found: Sequence[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    """One page of a list, as `page[number]` and `page[size]` ask. Raises RefusalError."""
    number = _whole(query, "page[number]", 1, 1_000_000)
    size = _whole(query, "page[size]", _DEFAULT_SIZE, _LARGEST_SIZE)
    return {
        "data": found[(number - 1) * size : number * size],
        "meta": {
            "page_number": number,
            "page_size": size,
            "total_pages": max(-(-len(found) // size), 1),
            "total_results": len(found),
        },
    }


def _whole(query: dict[str, str], name: str, default: int, most: int) -> int:
    value = query.get(name, str(default))
    if not (value.isascii() and value.isdecimal() and len(value) < 8 and 0 < int(value) <= most):
        raise RefusalError(422, "10015", f"The parameter '{name}' must be from 1 to {most}.")
    return int(value)
