"""What became of each webhook: Telnyx's list of webhook deliveries."""

import uuid
from dataclasses import dataclass
from typing import Any

from webhooks.sandbox.events import Event
from webhooks.sandbox.query import is_between
from webhooks.sandbox.times import iso

LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver a webhook, by the wall clock (ms): it has a `status` or no answer."""

    url: str
    headers: dict[str, str]
    started_at: int
    finished_at: int
    status: int | None

    @property
    def is_accepted(self) -> bool:
        """Whether the answer was 2xx."""
        return self.status is not None and 200 <= self.status < 300


class Deliveries:
    """The last `LIMIT` deliveries, newest first."""

    def __init__(self) -> None:
        self._kept: list[dict[str, Any]] = []

    def add(self, event: Event, attempts: list[Attempt]) -> None:
        """A webhook that was accepted or given up after these attempts."""
        self._kept.insert(0, _resource(event, attempts))
        del self._kept[LIMIT:]

    def matching(self, query: dict[str, str]) -> list[dict[str, Any]]:
        """Those that the query's filters let through. Raises RefusalError."""
        return [one for one in self._kept if _matches(one, query)]


def _matches(delivery: dict[str, Any], query: dict[str, str]) -> bool:
    types = query.get("filter[event_type]")
    return (
        query.get("filter[status][eq]") in (None, delivery["status"])
        and (types is None or delivery["webhook"]["event_type"] in types.split(","))
        and is_between(delivery["started_at"], query, "filter[started_at]")
    )


def _resource(event: Event, attempts: list[Attempt]) -> dict[str, Any]:
    return {
        "record_type": "webhook_delivery",
        "id": str(uuid.uuid4()),
        "user_id": "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0",
        "status": "delivered" if attempts[-1].is_accepted else "failed",
        "started_at": iso(attempts[0].started_at),
        "finished_at": iso(attempts[-1].finished_at),
        "webhook": event.data,
        "attempts": [_attempt(one) for one in reversed(attempts)],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    http: dict[str, Any] = {
        "request": {"url": attempt.url, "headers": [list(one) for one in attempt.headers.items()]}
    }
    if attempt.status is not None:
        http["response"] = {"status": attempt.status, "headers": [], "body": ""}
    return {
        "status": "delivered" if attempt.is_accepted else "failed",
        "started_at": iso(attempt.started_at),
        "finished_at": iso(attempt.finished_at),
        "http": http,
    }
