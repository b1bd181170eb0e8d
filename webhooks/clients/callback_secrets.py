"""Callback secrets, encrypted with the secret key (Fernet: AES-128-CBC and HMAC-SHA256)."""

from __future__ import annotations

import base64
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.codes import Secrets, encryption_key

#: Standard Webhooks 1.0: this prefix, then 24 to 64 random bytes in base64.
PREFIX = "whsec_"
_SECRET_BYTES = 32


class DecryptionFailed(Exception):
    """No configured secret key decrypts this callback secret."""


class CallbackSecrets:
    """Encrypts with the newest secret key, decrypts with any."""

    def __init__(self, keys: Secrets) -> None:
        self._by_id = {
            id: Fernet(base64.urlsafe_b64encode(encryption_key(keys, id))) for id in keys.ids
        }
        self._fernet = MultiFernet(list(self._by_id.values()))

    def key_of(self, sealed: str) -> str | None:
        """The id of the secret key that decrypts it; None if none does."""
        for id, fernet in self._by_id.items():
            try:
                fernet.decrypt(sealed.encode())
            except InvalidToken:
                continue
            return id
        return None

    def seal(self, secret: str) -> str:
        """The secret encrypted, as it is stored."""
        return self._fernet.encrypt(secret.encode()).decode()

    def reseal(self, sealed: str) -> str:
        """The same secret under the newest key; as it is if it is under it already. Raises
        DecryptionFailed."""
        if self.key_of(sealed) == next(iter(self._by_id)):
            return sealed
        return self.seal(self.open(sealed))

    def needs_old_key(self, sealed: str) -> bool:
        """Whether the newest key does not decrypt it."""
        return self.key_of(sealed) != next(iter(self._by_id))

    def open(self, sealed: str) -> str:
        """The secret decrypted. Raises DecryptionFailed."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise DecryptionFailed from None


def new_secret() -> str:
    """A random callback secret: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
