"""Duplicate texts: a phone remembers the ids of its last texts, so that each takes effect once.

They are kept in the phone's own row, which every text reads and writes anyway: a unique index
over all ids ever seen would cost the database two random pages per text. 24 texts reach further
back than Telnyx's retries, and texts older than a code's life are ignored anyway (a repeated
STOP or START is not, but it changes nothing).
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import blake2b

from msgspec.structs import replace

from bot.commands import TextReceived
from bot.policy import REMEMBERED_TEXTS
from bot.records import Phone

#: 48 bits, or 8 characters of base64: of 10¹¹ new texts, less than one is taken for an old one.
_BYTES, _CHARACTERS = 6, 8
_KEPT = 2 * _CHARACTERS * (REMEMBERED_TEXTS - 1)


def remember(phone: Phone, text: TextReceived) -> Phone | None:
    """The phone with this text remembered in place of its oldest one.

    None if the phone has this event already, or another event with the same message.
    """
    event, message = _fingerprint(text.event_id), _fingerprint(text.message_id)
    known = phone.texts
    if known and (event in known or message in known):
        return None
    return replace(phone, texts=known[-_KEPT:] + event + message)


def _fingerprint(id: str) -> str:
    return b64encode(blake2b(id.encode(), digest_size=_BYTES).digest()).decode()
