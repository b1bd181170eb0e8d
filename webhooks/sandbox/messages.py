"""Messages, and the body of `POST /v2/messages` that asks for one."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from webhooks.sandbox.address import is_number, is_sender
from webhooks.sandbox.encoding import parts_of
from webhooks.sandbox.refusals import RefusalError

MAX_PARTS = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """A valid request for a message."""

    sender: str
    to: str
    text: str


@dataclass(slots=True)
class Message:
    """A message that Telnyx has accepted.

    Times are in seconds since the epoch, by the real clock; `created_at` is in ms, by the demo's.
    """

    wanted: Wanted
    received_at: float
    created_at: int
    status: str = "queued"
    sent_at: float | None = None
    completed_at: float | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


def parse_message(body: object) -> Wanted:
    """Validate a body. Members that the sandbox has no use for (profiles, webhook URLs, media)
    are ignored. Raises RefusalError."""
    if not isinstance(body, dict):
        raise RefusalError(400, "10015", "The body must be a JSON object.")
    wanted = Wanted(_member(body, "from"), _member(body, "to"), _member(body, "text"))
    if not is_sender(wanted.sender):
        raise RefusalError(400, "10002", "The sending address is invalid.", member="from")
    if not is_number(wanted.to):
        raise RefusalError(400, "10002", "The phone number is invalid.", member="to")
    if parts_of(wanted.text) > MAX_PARTS:
        raise RefusalError(400, "40302", f"More than {MAX_PARTS} parts.", member="text")
    return wanted


def _member(body: dict[str, object], name: str) -> str:
    value = body.get(name)
    if value is None or value == "":
        raise RefusalError(400, "10004", f"The parameter '{name}' is required.", member=name)
    if not isinstance(value, str):
        raise RefusalError(400, "10015", f"The parameter '{name}' must be a string.", member=name)
    return value
