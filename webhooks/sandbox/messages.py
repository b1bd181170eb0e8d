"""Messages, and the body of `POST /v2/messages` that asks for one."""

import uuid
from dataclasses import dataclass, field
from typing import Any, TypeVar

from webhooks.sandbox.address import is_number, is_sender, is_url
from webhooks.sandbox.encoding import parts_of
from webhooks.sandbox.refusals import RefusalError

MAX_PARTS = 10
Kind = TypeVar("Kind")
_WORDS: dict[type, str] = {str: "a string", bool: "true or false", list: "a list"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A valid request for a message. `webhooks` are the message's own URLs, in order; its
    receipts go to the profile's webhook after them if `use_profile_webhooks`."""

    sender: str
    to: str
    text: str | None
    media_urls: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    use_profile_webhooks: bool = True


@dataclass(slots=True)
class Message:
    """A message that Telnyx has accepted. Its receipts go to the first of `webhooks` that accepts.

    Times are in seconds since the epoch, by the real clock; `created_at` is in ms, by the demo's.
    """

    wanted: Wanted
    webhooks: tuple[str, ...]
    received_at: float
    created_at: int
    status: str = "queued"
    sent_at: float | None = None
    completed_at: float | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


def parse_message(body: object, *, number: str) -> Wanted:
    """Validate a body. A message without `from` for a messaging profile comes from `number`.

    Members that the sandbox has no use for are ignored. Raises RefusalError.
    """
    if not isinstance(body, dict):
        raise RefusalError(400, "10015", "The body must be a JSON object.")
    media_urls = _list_of_urls(body, "media_urls")
    use_profile_webhooks = _member(body, "use_profile_webhooks", bool)
    wanted = Wanted(
        sender=_sender(body, number),
        to=_required(body, "to"),
        text=_member(body, "text", str) if media_urls else _required(body, "text"),
        media_urls=media_urls,
        webhooks=_webhooks(body),
        use_profile_webhooks=use_profile_webhooks is not False,
    )
    if not is_sender(wanted.sender):
        raise RefusalError(400, "10002", "The sending address is invalid.", member="from")
    if not is_number(wanted.to):
        raise RefusalError(400, "10002", "The phone number is invalid.", member="to")
    if parts_of(wanted.text or "") > MAX_PARTS:
        raise RefusalError(400, "40302", f"More than {MAX_PARTS} parts.", member="text")
    return wanted


def _sender(body: dict[str, object], number: str) -> str:
    profile = _member(body, "messaging_profile_id", str)
    if profile and body.get("from") is None:
        return number  # the profile's number pool, of one number
    return _required(body, "from")


def _webhooks(body: dict[str, object]) -> tuple[str, ...]:
    found = []
    for name in ("webhook_url", "webhook_failover_url"):
        url = _member(body, name, str)
        if url and not is_url(url):
            raise RefusalError(400, "10015", f"The parameter '{name}' must be a URL.", member=name)
        if url:
            found.append(url)
    return tuple(found)


def _list_of_urls(body: dict[str, object], name: str) -> tuple[str, ...]:
    urls = _member(body, name, list) or []
    if not all(isinstance(url, str) and is_url(url) for url in urls):
        raise RefusalError(400, "10015", f"The parameter '{name}' must hold URLs.", member=name)
    return tuple(urls)


def _required(body: dict[str, object], name: str) -> str:
    value = _member(body, name, str)
    if not value:
        raise RefusalError(400, "10004", f"The parameter '{name}' is required.", member=name)
    return value


def _member(body: dict[str, object], name: str, kind: type[Kind]) -> Kind | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, kind):
        return value
    word = _WORDS[kind]
    raise RefusalError(400, "10015", f"The parameter '{name}' must be {word}.", member=name)
