"""What Telnyx could not deliver to us: texts among its failed webhooks, and its list of opt-outs.

Both come over the connection that the API key authenticates, so they need no signature.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from bot.commands import TextReceived
from bot.intents import Stop
from bot.phone import one_form, sender
from bot.vocabulary import Vocabulary
from storage.clock import Clock
from webhooks.telnyx.events import Malformed, parse, received_at
from webhooks.telnyx.messages_api import ApiError, MessagesApi

_PAGE_SIZE = "250"
#: Of one list; what is beyond is older.
_MOST_PAGES = 40
_MARK_BYTES = 16

Item = TypeVar("Item")


class Missed(NamedTuple):
    """One text that may have been missed. `mark` is an id to remember that it is dealt with."""

    mark: str
    command: TextReceived


class _Meta(Struct):
    total_pages: int = 1


class _Webhook(Struct):
    occurred_at: str | None = None


class _Delivery(Struct):
    webhook: Raw
    started_at: str | None = None


class _OptOut(Struct):
    """`number` is ours, the one that may no longer text the phone."""

    number: str | None = msgspec.field(name="from", default=None)
    phone: str | None = msgspec.field(name="to", default=None)
    created_at: str | None = None


class _Page(Struct, Generic[Item]):
    data: list[Item]
    meta: _Meta = msgspec.field(default_factory=_Meta)


_deliveries = msgspec.json.Decoder(_Page[_Delivery])
_opt_outs = msgspec.json.Decoder(_Page[_OptOut])
_webhook = msgspec.json.Decoder(_Webhook)


class MissedTexts:
    """Reads them from Telnyx's API. `numbers` are ours. Every method raises ApiError."""

    def __init__(
        self, api: MessagesApi, numbers: frozenset[str], vocabulary: Vocabulary, clock: Clock
    ) -> None:
        self._api = api
        self._numbers = numbers
        self._vocabulary = vocabulary
        self._clock = clock

    async def undelivered(self, since_ms: int) -> list[Missed]:
        """Texts of webhooks that Telnyx gave up, which it began to deliver after `since_ms` of the
        wall clock, oldest first."""
        query = {
            "filter[status][eq]": "failed",
            "filter[event_type]": "message.received",
            "filter[started_at][gte]": _iso(since_ms),
        }
        pages = self._items("/webhook_deliveries", query, _deliveries)
        found = [one async for delivery in pages if (one := self._text(delivery))]
        return sorted(found, key=_by_time)

    async def opt_outs(self, since_ms: int) -> list[Missed]:
        """Opt-outs from our numbers since then, each as the STOP that led to it, oldest first."""
        pages = self._items("/messaging_optouts", {"created_at[gte]": _iso(since_ms)}, _opt_outs)
        found = [one async for opt_out in pages if (one := self._stop(opt_out))]
        return sorted(found, key=_by_time)

    async def _items(
        self, path: str, query: Mapping[str, str], decoder: msgspec.json.Decoder[_Page[Item]]
    ) -> AsyncIterator[Item]:
        number, last = 1, 1
        while number <= min(last, _MOST_PAGES):
            at = {"page[number]": str(number), "page[size]": _PAGE_SIZE}
            try:
                page = decoder.decode(await self._api.get(path, {**query, **at}))
            except (msgspec.MsgspecError, UnicodeError):
                raise ApiError(f"Telnyx's answer to GET {path} is not as described") from None
            last = page.meta.total_pages
            for item in page.data:
                yield item
            number += 1

    def _text(self, delivery: _Delivery) -> Missed | None:
        """The text of a delivery; None if it is none to one of our numbers."""
        try:
            body = b'{"data":' + bytes(delivery.webhook) + b"}"
            command = parse(body, self._numbers, self._vocabulary, self._clock)
            if not isinstance(command, TextReceived):
                return None
            occurred_at = _webhook.decode(delivery.webhook).occurred_at or delivery.started_at
            latest = received_at(occurred_at, self._clock) if occurred_at else 0
        except (Malformed, ValueError):
            return None
        # A payload without its time would count as received now.
        command = replace(command, received_at=min(command.received_at, latest))
        return Missed(_mark(command.event_id), command)

    def _stop(self, opt_out: _OptOut) -> Missed | None:
        number, phone = one_form(opt_out.number or ""), sender(opt_out.phone or "")
        if number not in self._numbers or phone is None or not opt_out.created_at:
            return None
        try:
            at = received_at(opt_out.created_at, self._clock)
        except ValueError:
            return None
        mark = _mark(f"{number} {phone} {opt_out.created_at}")
        command = TextReceived(
            event_id=mark,
            message_id=mark,
            phone=phone,
            number=number,
            intent=Stop(),
            received_at=at,
            autoresponse="STOP",
        )
        return Missed(mark, command)


def _by_time(missed: Missed) -> int:
    return missed.command.received_at


def _mark(id: str) -> str:
    return "caught_up_" + blake2b(id.encode(), digest_size=_MARK_BYTES).hexdigest()


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
