"""What makes a text that Telnyx delivers again a duplicate: its phone remembers its last texts.

They are kept in the phone's own row, which every text reads and writes anyway: an index over all
ids ever seen would cost the database two random pages a text. 24 texts reach much further back
than Telnyx's tries do, and what is older than a code's life is ignored whoever delivers it.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import blake2b

from msgspec.structs import replace

from bot.commands import TextReceived
from bot.records import Phone

REMEMBERED = 24
#: 48 bits, so that a new text passes for an old one once in 10¹² times; 8 characters.
_BYTES, _CHARACTERS = 6, 8
_KEPT = 2 * _CHARACTERS * (REMEMBERED - 1)


def remember(phone: Phone, text: TextReceived) -> Phone | None:
    """The phone after this text, None where it knows the event, or the message in another event,
    already. The oldest of its texts is forgotten for the new one."""
    event, message = _fingerprint(text.event_id), _fingerprint(text.message_id)
    known = phone.texts
    if known and (event in known or message in known):
        return None
    return replace(phone, texts=known[-_KEPT:] + event + message)


def _fingerprint(id: str) -> str:
    return b64encode(blake2b(id.encode(), digest_size=_BYTES).digest()).decode()
