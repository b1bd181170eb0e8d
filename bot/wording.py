"""The texts that users read, composed from kind, locale and parameters when they are sent.

The same message always composes the same bytes, as Telnyx requires of a retry under the same
idempotency key. A text with a code fits one segment: what matters least is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import json

from bot import codes
from bot.codes import Secrets
from bot.outbound import Outbound

#: Septets in one segment of an SMS.
SEGMENT = 160
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Characters that take two septets.
GSM_7_DOUBLE = frozenset("^{}\\[~]|€\f")
#: The locale of a text whose own locale is not known.
FALLBACK = "en"

#: The last line of a text with a code for a page: an origin-bound one-time code (WICG).
ORIGIN_LINE = "\n@{origin} #{code}"
#: The optional pieces of a text with a code, in the order in which they are left out.
LEFT_OUT = ("life", "letters", "origin_line")
#: Characters of a label that are always sent.
SHORTEST_LABEL = 12

Params = Mapping[str, str]


class CodeGone(Exception):
    """The code can no longer be computed: its verification has ended, or its key is gone."""


class Catalogue:
    """The texts of every language, and the optional pieces of those with a code.

    Both map a language to templates by name. Every language has the same names.
    """

    def __init__(
        self,
        sentences: Mapping[str, Mapping[str, str]],
        pieces: Mapping[str, Mapping[str, str]],
    ) -> None:
        """Raises ValueError if English is missing, or a name in one of the languages."""
        if FALLBACK not in sentences:
            raise ValueError(f"the catalogue has no {FALLBACK}")
        for language in sentences:
            for names in (sentences, pieces):
                missing = names.get(FALLBACK, {}).keys() ^ names.get(language, {}).keys()
                if missing:
                    raise ValueError(f"not in every language: {', '.join(sorted(missing))}")
        self._sentences = sentences
        self._pieces = pieces

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have texts, English first."""
        return (FALLBACK, *sorted(self._sentences.keys() - {FALLBACK}))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of text."""
        return tuple(self._sentences[FALLBACK])

    def text(self, kind: str, locale: str, params: Params) -> str:
        """The text, of one segment where it has a code. `locale` is a BCP 47 tag; English
        replaces a language that has no texts. Raises KeyError if `params` lacks a value."""
        language = locale.partition("-")[0].lower()
        if language not in self._sentences:
            language = FALLBACK
        template = self._sentences[language][kind]
        if "{code}" not in template:
            return template.format_map(params)
        return _fit(template, self._pieces.get(language, {}), params)


def compose(outbound: Outbound, catalogue: Catalogue, secrets: Secrets) -> str:
    """Compose the text of one message. Raises CodeGone."""
    message = outbound.message
    params = json.decode(message.params, type=dict[str, str])
    if message.code is not None:
        params["code"] = _code(outbound, secrets)
    return catalogue.text(message.kind, message.locale, params)


def gsm_7_length(text: str) -> int | None:
    """Septets that a text takes (3GPP TS 23.038), 160 to a segment; None if it needs UCS-2."""
    others = set(text) - GSM_7
    if not others:
        return len(text)
    if not others <= GSM_7_DOUBLE:
        return None
    return len(text) + sum(text.count(character) for character in others)


def fits(text: str) -> bool:
    """Whether a text takes one segment."""
    length = gsm_7_length(text)
    return length is not None and length <= SEGMENT


def has_digit_run(text: str, length: int) -> bool:
    """Whether a text has `length` digits in a row, which could be taken for a code."""
    return re.search(f"[0-9]{{{length}}}", text) is not None


def _fit(template: str, pieces: Mapping[str, str], params: Params) -> str:
    """The text with as many pieces and as much of the label as one segment holds."""
    text = ""
    for count in range(len(LEFT_OUT) + 1):
        text = _render(template, pieces, params, without=LEFT_OUT[:count])
        if fits(text):
            return text
    label = params.get("label", "")
    for length in range(len(label) - 1, SHORTEST_LABEL - 1, -1):
        cut = {**params, "label": label[:length]}
        text = _render(template, pieces, cut, without=LEFT_OUT)
        if fits(text):
            return text
    return text


def _render(
    template: str, pieces: Mapping[str, str], params: Params, *, without: tuple[str, ...]
) -> str:
    rendered = {
        name: "" if name in without else _piece(piece, params)
        for name, piece in {**pieces, "origin_line": ORIGIN_LINE}.items()
    }
    return template.format_map({**params, **rendered}) + rendered["origin_line"]


def _piece(piece: str, params: Params) -> str:
    """The piece, empty if the message lacks what it names."""
    try:
        return piece.format_map(params)
    except KeyError:
        return ""


def _code(outbound: Outbound, secrets: Secrets) -> str:
    verification, count = outbound.verification, outbound.message.code
    if verification is None or count is None or verification.codes != count:
        raise CodeGone
    code = codes.code(secrets, verification)
    if code is None:
        raise CodeGone
    return code
