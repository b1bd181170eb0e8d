"""Telnyx's webhook signature: Ed25519 over `{timestamp}|{raw body}`, within 300 s of now."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Literal

from nacl.bindings import crypto_core_ed25519_is_valid_point
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

TIMESTAMP_HEADER = b"telnyx-timestamp"
SIGNATURE_HEADER = b"telnyx-signature-ed25519"
TOLERANCE_S = 300
Fault = Literal["no_signature", "wrong_time", "wrong_signature"]
_LONGEST_TIMESTAMP = 12


def is_public_key(key: bytes) -> bool:
    """Whether these 32 bytes can be a public key. For some other points anybody can sign."""
    return crypto_core_ed25519_is_valid_point(key)


class Verifier:
    """Checks signatures against one account's public key. `wall_clock` in ms since the epoch:
    Telnyx's timestamps are compared with the wall clock."""

    def __init__(self, public_key: str, wall_clock: Callable[[], int]) -> None:
        self._key = VerifyKey(base64.b64decode(public_key))
        self._wall_clock = wall_clock

    def fault(self, body: bytes, timestamp: bytes | None, signature: bytes | None) -> Fault | None:
        """Why Telnyx has not signed exactly these bytes; None if it has. `wrong_time`: it is too
        old, or a clock is wrong. `wrong_signature`: it is forged, or the key is another
        account's."""
        if timestamp is None or signature is None:
            return "no_signature"
        if not self._is_recent(timestamp):
            return "wrong_time"
        try:
            self._key.verify(timestamp + b"|" + body, base64.b64decode(signature, validate=True))
        except (BadSignatureError, binascii.Error, ValueError, TypeError):
            return "wrong_signature"
        return None

    def _is_recent(self, timestamp: bytes) -> bool:
        if not timestamp.isdigit() or len(timestamp) > _LONGEST_TIMESTAMP:
            return False
        return abs(self._wall_clock() / 1000 - int(timestamp)) <= TOLERANCE_S
