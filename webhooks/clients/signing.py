"""Signatures of callbacks, as Standard Webhooks 1.0 defines them."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence

from webhooks.clients.callback_secrets import PREFIX

_USER_AGENT = "Textlogin"


def sign(secrets: Sequence[str], id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a callback, with one signature for each secret.

    Each secret is base64 after `whsec_`; `timestamp` in seconds since the epoch.
    """
    signed = f"{id}.{timestamp}.".encode() + body
    return {
        "content-type": "application/json",
        "user-agent": _USER_AGENT,
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    """HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
