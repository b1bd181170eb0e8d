"""Turns a webhook's JSON into a command. Types and lengths are checked here and nowhere else."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec
from msgspec import Raw, Struct

from bot.commands import Command, DeliveryReported, EventIgnored, TextReceived
from bot.language import language
from bot.phone import one_form, sender
from bot.understanding import understand
from bot.vocabulary import Vocabulary
from storage.clock import Clock

#: In characters.
_LONGEST_ID = 128
_WORD = re.compile(r"[A-Za-z0-9_]{1,32}", re.ASCII)
_RECEIPTS = frozenset({"message.sent", "message.finalized"})
_TEXT_TYPES = frozenset({"SMS", "MMS", "RCS"})


class Malformed(Exception):
    """Not a valid Telnyx event."""


class _Event(Struct):
    id: str
    event_type: str
    payload: Raw = Raw(b"{}")


class _Envelope(Struct):
    data: _Event


class _Address(Struct):
    phone_number: str = ""
    status: str = ""


class _Error(Struct):
    code: str | int = ""


class _Text(Struct):
    id: str
    sender: _Address = msgspec.field(name="from")
    to: list[_Address] | str
    text: str | None = None
    body: Raw = Raw(b"null")  # of RCS; WhatsApp's has members of other types
    type: str = "SMS"
    received_at: str | None = None
    autoresponse_type: str | None = None


class _Suggestion(Struct):
    text: str | None = None
    postback_data: str | None = None


class _RcsBody(Struct):
    text: str | None = None
    suggestion_response: _Suggestion | None = None


class _Receipt(Struct):
    id: str
    to: list[_Address] | str = ""
    errors: list[_Error] | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_text = msgspec.json.Decoder(_Text)
_rcs_body = msgspec.json.Decoder(_RcsBody | None)
_receipt = msgspec.json.Decoder(_Receipt)


class NotOurNumber(Struct, frozen=True):
    """A text to a number that is not in the settings."""

    event_id: str
    number: str


def parse(
    body: bytes, numbers: frozenset[str], vocabulary: Vocabulary, clock: Clock
) -> Command | NotOurNumber:
    """The command for an event; `numbers` are ours. Raises Malformed."""
    try:
        event = _envelope.decode(body).data
        _check_id(event.id)
        if event.event_type == "message.received":
            return _received(event, numbers, vocabulary, clock)
        if event.event_type in _RECEIPTS:
            return _reported(event)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError) as error:
        raise Malformed(type(error).__name__) from None
    return EventIgnored(event.id)


def _received(
    event: _Event, numbers: frozenset[str], vocabulary: Vocabulary, clock: Clock
) -> Command | NotOurNumber:
    text = _text.decode(event.payload)
    _check_id(text.id)
    to = [text.to] if isinstance(text.to, str) else [to.phone_number for to in text.to]
    ours = [number for number in map(one_form, to) if number in numbers]
    if not ours:
        return NotOurNumber(event.id, to[0] if to else "")
    phone = sender(text.sender.phone_number)
    if phone is None or phone in numbers or text.type not in _TEXT_TYPES:
        return EventIgnored(event.id)
    autoresponse = text.autoresponse_type.upper() if text.autoresponse_type else None
    words = _words(text)
    return TextReceived(
        event_id=event.id,
        message_id=text.id,
        phone=phone,
        number=ours[0],
        intent=understand(words, vocabulary, autoresponse),
        received_at=received_at(text.received_at, clock),
        autoresponse=autoresponse,
        language=language(words, vocabulary),
    )


def _words(text: _Text) -> str | None:
    """What the user wrote, or chose from suggestions; None if it is media alone."""
    if text.text or text.type != "RCS":
        return text.text
    body = _rcs_body.decode(text.body) or _RcsBody()
    chosen = body.suggestion_response or _Suggestion()
    return body.text or chosen.text or chosen.postback_data


def _reported(event: _Event) -> Command:
    receipt = _receipt.decode(event.payload)
    _check_id(receipt.id)
    to = receipt.to
    status = to[0].status if isinstance(to, list) and to else ""
    error = str(receipt.errors[0].code) if receipt.errors else None
    return DeliveryReported(
        event_id=event.id,
        provider_id=receipt.id,
        status=status if _WORD.fullmatch(status) else "",
        error=error if error and _WORD.fullmatch(error) else None,
    )


def _check_id(id: str) -> None:
    is_printable = id.isascii() and id.isprintable() and " " not in id
    if not (is_printable and 0 < len(id) <= _LONGEST_ID):
        raise ValueError("the id is not 1 to 128 printable ASCII characters")


def received_at(iso: str | None, clock: Clock) -> int:
    """When Telnyx received the text, in the service's own time (ms). How long ago that was is
    told by the wall clock, the one that Telnyx's `iso` time can be compared with. Raises
    ValueError."""
    if iso is None:
        return clock()
    at = int(datetime.fromisoformat(iso).timestamp() * 1000)
    return clock() - max(clock.wall() - at, 0)
