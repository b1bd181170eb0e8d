"""The cookie: everything that the pages know about a browser, under a MAC. Nothing is stored."""

from __future__ import annotations

import base64
import binascii
import hmac

import msgspec
from msgspec import Struct

from bot.codes import Secrets
from bot.records import HOUR_MS

_LABEL = "page"
_MAC_BYTES = 24
#: A browser sends at most about 4 KiB.
_LONGEST = 4096
#: After this time only the language of a cookie counts.
_LIFE_MS = 2 * HOUR_MS


class Notice(Struct, frozen=True, array_like=True):
    """What the next page says once: its kind, and the time (ms) until which something waits."""

    kind: str
    until: int = 0


class Visit(Struct, frozen=True, array_like=True):
    """One browser's login. `verification` is an id, `tag` recognises the phone that was typed,
    `masked` shows it. `client` and `state` come from the web app that sent the browser."""

    at: int = 0
    language: str = ""
    verification: str = ""
    tag: str = ""
    masked: str = ""
    client: str = ""
    state: str = ""
    confirmed: bool = False
    notice: Notice | None = None


class CookieJar:
    """Seals a visit into the value of a cookie, and opens it."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def seal(self, visit: Visit) -> str:
        """The value of the cookie."""
        body = _encode(msgspec.json.encode(visit))
        mac = self._secrets.mac(_LABEL, body)
        assert mac is not None
        return f"{body}.{_encode(mac[:_MAC_BYTES])}"

    def open(self, value: str | None, now: int) -> Visit:
        """The visit in a cookie. One that is missing, foreign or damaged opens as an empty one."""
        if not value:
            return Visit()
        visit = self._opened(value)
        return visit if visit.at > now - _LIFE_MS else Visit(language=visit.language)

    def phone_tag(self, phone: str) -> str:
        """Recognises a phone without naming it."""
        mac = self._secrets.mac("page-phone", phone)
        assert mac is not None
        return _encode(mac[:12])

    def form_tag(self, verification_id: str) -> str:
        """Recognises the verification that a form belongs to."""
        mac = self._secrets.mac("page-form", verification_id)
        assert mac is not None
        return _encode(mac[:9])

    def _opened(self, value: str) -> Visit:
        body, _, mac = value.partition(".")
        if len(value) > _LONGEST or not self._is_ours(body, mac):
            return Visit()
        try:
            return msgspec.json.decode(_decode(body), type=Visit)
        except (msgspec.DecodeError, binascii.Error):
            return Visit()  # of another release

    def _is_ours(self, body: str, mac: str) -> bool:
        given = mac.encode()
        known = [_encode(one[:_MAC_BYTES]).encode() for one in self._secrets.macs(_LABEL, body)]
        # A list, not a generator: every key is compared, so that the time does not tell which fits.
        return any([hmac.compare_digest(one, given) for one in known])


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
