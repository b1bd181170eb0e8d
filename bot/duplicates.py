"""Duplicate texts: a phone remembers the ids of its recent texts, so that each takes effect once.

They are kept in the phone's own row, which every text reads and writes anyway: a unique index
over all ids ever seen would cost the database two random pages per text. A text is remembered for
longer than its signature or its code is accepted, so a webhook that is sent again, by Telnyx or by
somebody who has recorded it, has no second effect.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import blake2b

from msgspec.structs import replace

from bot.commands import TextReceived
from bot.intents import No, Start, Stop
from bot.policy import MOST_TEXTS, MOST_TEXTS_REMEMBERED
from bot.records import Phone

#: 48 bits, or 8 characters of base64: of 10¹⁰ new texts, less than one is taken for an old one.
_BYTES, _CHARACTERS = 6, 8
#: The time (ms) and the fingerprints of the event and of the message.
_ENTRY = 3 * _CHARACTERS
_EVENT, _MESSAGE = slice(_CHARACTERS, 2 * _CHARACTERS), slice(2 * _CHARACTERS, _ENTRY)
#: These count however many texts there are. A person must always be able to send them.
_ALWAYS = (No, Start, Stop)


def remember(phone: Phone, text: TextReceived, now: int, memory_ms: int) -> Phone | None:
    """The phone with this text remembered, and those forgotten that are older than `memory_ms`
    (see `Policy.memory_ms`).

    None if the phone has this event already, or another event with the same message.
    """
    new = _entry(text, now)
    known = _since(phone.texts, now - memory_ms, now)
    if known and (new[_EVENT] in known or new[_MESSAGE] in known):
        return None
    return replace(phone, texts=known[-_ENTRY * (MOST_TEXTS_REMEMBERED - 1) :] + new)


def is_flood(phone: Phone, text: TextReceived) -> bool:
    """Whether the text is to be ignored, because its phone sends too many. `phone` is as
    `remember` returns it; what is ignored need not be remembered."""
    if len(phone.texts) <= _ENTRY * MOST_TEXTS:
        return False
    return not isinstance(text.intent, _ALWAYS) and text.autoresponse not in ("STOP", "START")


def newest(texts: str) -> int:
    """When the newest of them was remembered (ms); 0 if there is none."""
    return _time_of(texts[-_ENTRY:][:_CHARACTERS]) if texts else 0


def _since(texts: str, since: int, now: int) -> str:
    """The entries that are later than `since` (ms)."""
    start = 0
    while start < len(texts) and not since < _time_of(texts[start : start + _CHARACTERS]) <= now:
        start += _ENTRY
    return texts[start:]


def _entry(text: TextReceived, now: int) -> str:
    parts = now.to_bytes(_BYTES), _fingerprint(text.event_id), _fingerprint(text.message_id)
    return b64encode(b"".join(parts)).decode()


def _time_of(characters: str) -> int:
    return int.from_bytes(b64decode(characters))


def _fingerprint(id: str) -> bytes:
    return blake2b(id.encode(), digest_size=_BYTES).digest()
