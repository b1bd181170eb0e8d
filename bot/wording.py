"""The texts that users read, composed from kind, locale and parameters when they are sent.

The same message always composes the same bytes, as Telnyx requires of a retry under the same
idempotency key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import json

from bot import codes
from bot.codes import Secrets
from bot.records import Outbound

#: Septets in one segment of an SMS.
SEGMENT = 160
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Characters that take two septets.
GSM_7_DOUBLE = frozenset("^{}\\[~]|€\f")
#: The locale of a text that its own locale lacks.
FALLBACK = "en"


class CodeGone(Exception):
    """The code can no longer be computed: its verification has ended, or its key is gone."""


class Catalogue:
    """Text templates by locale, then kind."""

    def __init__(self, languages: Mapping[str, Mapping[str, str]]) -> None:
        if FALLBACK not in languages:
            raise ValueError(f"the catalogue has no {FALLBACK}")
        self._languages = languages

    def sentence(self, kind: str, locale: str, params: Mapping[str, str]) -> str:
        """The text. An unknown locale, or one that lacks this kind, falls back to English."""
        sentences = self._languages.get(locale, {})
        template = sentences.get(kind) or self._languages[FALLBACK][kind]
        return template.format_map(params)


def compose(outbound: Outbound, catalogue: Catalogue, secrets: Secrets) -> str:
    """Compose the text of one message. Raises CodeGone."""
    message = outbound.message
    params = json.decode(message.params, type=dict[str, str])
    if message.code is not None:
        params["code"] = _code(outbound, secrets)
    sentence = catalogue.sentence(message.kind, message.locale, params)
    if "origin" in params:  # origin-bound one-time code (WICG): the last line
        return f"{sentence}\n@{params['origin']} #{params['code']}"
    return sentence


def gsm_7_length(text: str) -> int | None:
    """Septets that a text takes (3GPP TS 23.038), 160 to a segment; None if it needs UCS-2."""
    if any(character not in GSM_7 and character not in GSM_7_DOUBLE for character in text):
        return None
    return len(text) + sum(character in GSM_7_DOUBLE for character in text)


def has_digit_run(text: str, length: int) -> bool:
    """Whether a text has `length` digits in a row, which could be taken for a code."""
    return re.search(f"[0-9]{{{length}}}", text) is not None


def _code(outbound: Outbound, secrets: Secrets) -> str:
    verification, count = outbound.verification, outbound.message.code
    if verification is None or count is None or verification.codes != count:
        raise CodeGone
    code = codes.code(secrets, verification)
    if code is None:
        raise CodeGone
    return code
