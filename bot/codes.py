"""One-time codes. They are computed from a seed and a secret key, and never stored.

`K = HMAC-SHA256(secret, "textlogin/v1/code" 0 code_entry 0 verification id 0 seed)`, and the code
is the HOTP (RFC 4226) of K and the number of codes issued so far. Older codes do not match.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from bot.records import Verification


class Secrets:
    """The secret keys, newest first: the first one signs, all of them verify."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("at least one secret key is needed")
        self._keys = {_fingerprint(key.encode()): key.encode() for key in keys}
        self.current = next(iter(self._keys))

    @property
    def ids(self) -> list[str]:
        """The fingerprints of the keys, newest first."""
        return list(self._keys)

    def mac(self, label: str, *parts: str, key_id: str | None = None) -> bytes | None:
        """HMAC-SHA256 for one use (`label`); None if the key is no longer configured."""
        key = self._keys.get(key_id or self.current)
        if key is None:
            return None
        text = "\0".join((f"textlogin/v1/{label}", *parts)).encode()
        return hmac.digest(key, text, "sha256")

    def macs(self, label: str, *parts: str) -> list[bytes]:
        """The MAC under each configured key, newest first."""
        return [mac for key_id in self._keys if (mac := self.mac(label, *parts, key_id=key_id))]


def hotp(key: bytes, counter: int, digits: int) -> str:
    """RFC 4226, section 5.3: HMAC-SHA1 of the 8-byte counter, truncated to `digits` digits."""
    digest = hmac.digest(key, counter.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def code(secrets: Secrets, verification: Verification) -> str | None:
    """The newest code of a verification; None if its seed is erased or its key is gone."""
    if verification.seed is None or verification.codes < 1:
        return None
    entry, seed = verification.code_entry, verification.seed
    key = secrets.mac("code", entry, verification.id, seed, key_id=verification.secret_id)
    return None if key is None else hotp(key, verification.codes, verification.digits)


def is_earlier(secrets: Secrets, verification: Verification, typed: str) -> bool:
    """Whether `typed` is a code of this verification that a newer one has replaced."""
    if verification.seed is None:
        return False
    keys = secrets.macs("code", verification.code_entry, verification.id, verification.seed)
    earlier = [hotp(key, n, len(typed)) for key in keys for n in range(1, verification.codes)]
    return any([matches(code, typed) for code in earlier])


def matches(expected: str | None, typed: str) -> bool:
    """Compare in constant time. Nothing matches a missing code or an empty input."""
    if not expected or not typed:
        return False
    return hmac.compare_digest(expected.encode(), typed.encode())


def poll_token(secrets: Secrets, verification_id: str) -> str:
    """The bearer token of one verification: computed on demand, never stored."""
    mac = secrets.mac("poll", verification_id)
    assert mac is not None
    return _token(mac)


def is_poll_token(secrets: Secrets, verification_id: str, token: str) -> bool:
    """Whether `token` is this verification's under any configured key."""
    wanted = token.encode()
    macs = secrets.macs("poll", verification_id)
    # A list, not a generator: every key is compared, so that the time does not tell which fits.
    return any([hmac.compare_digest(_token(mac).encode(), wanted) for mac in macs])


def spent(secrets: Secrets, verification_id: str, used: str) -> str:
    """A MAC of the code that was used, to recognise it after the seed is erased."""
    mac = secrets.mac("spent", verification_id, used)
    assert mac is not None
    return f"{secrets.current}{mac[:12].hex()}"


def is_spent(secrets: Secrets, verification_id: str, remembered: str | None, typed: str) -> bool:
    """Whether `typed` is the code that approved this verification (`remembered`: see `spent`)."""
    if remembered is None:
        return False
    key_id = remembered[: len(secrets.current)]
    mac = secrets.mac("spent", verification_id, typed, key_id=key_id)
    return mac is not None and hmac.compare_digest(key_id + mac[:12].hex(), remembered)


def encryption_key(secrets: Secrets, key_id: str) -> bytes:
    """A 32-byte key for data that must be decrypted later, one per secret key. Raises KeyError."""
    mac = secrets.mac("encryption", key_id=key_id)
    if mac is None:
        raise KeyError(key_id)
    return mac


def _token(mac: bytes) -> str:
    return f"poll_{mac.hex()}"


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(b"textlogin/v1/fingerprint\0" + key).hexdigest()[:8]
