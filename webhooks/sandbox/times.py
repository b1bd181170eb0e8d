"""Times as the sandbox's JSON shows them."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse(value: str) -> datetime:
    """A time of RFC 3339. Raises ValueError."""
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def iso(ms: int) -> str:
    """Milliseconds since the epoch as RFC 3339."""
    moment = (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")
