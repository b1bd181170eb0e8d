"""Callback secrets, encrypted under the secret key (Fernet: AES-128-CBC and HMAC-SHA256)."""

from __future__ import annotations

import base64
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.codes import Secrets, encryption_key

#: Standard Webhooks 1.0: 24 to 64 random bytes behind this prefix.
PREFIX = "whsec_"
_SECRET_BYTES = 32


class Sealed(Exception):
    """No configured secret key opens this."""


class CallbackSecrets:
    """Seals with the newest secret key, opens with any."""

    def __init__(self, keys: Secrets) -> None:
        self._fernet = MultiFernet(
            [Fernet(base64.urlsafe_b64encode(encryption_key(keys, id))) for id in keys.ids]
        )

    def seal(self, secret: str) -> str:
        """What may be stored."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """What was sealed. Raises Sealed."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise Sealed from None


def new_secret() -> str:
    """A callback secret, `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
