"""Idempotency keys: for 24 hours the same request gets the same answer again, if it succeeded."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from webhooks.sandbox.recent import Recent
from webhooks.sandbox.refusals import RefusalError

DAY_S = 24 * 60 * 60
_KEY = re.compile(r"[A-Za-z0-9_:-]{1,255}")


@dataclass(frozen=True, slots=True)
class _Success:
    request: bytes
    answer: bytes
    expires_at: float


def check_key(key: str | None) -> None:
    """Refuse a key that Telnyx would not take."""
    if key is not None and _KEY.fullmatch(key) is None:
        raise RefusalError(400, "10015", "The Idempotency-Key must be 1 to 255 of [A-Za-z0-9_:-].")


class Replays:
    """The successful answers of the last day, at most `limit`. Failures are not kept."""

    def __init__(self, now: Callable[[], float], *, limit: int) -> None:
        self._now = now
        self._successes: Recent[str, _Success] = Recent(limit)

    def find(self, key: str | None, request: bytes) -> bytes | None:
        """The earlier answer, if any. Raises a 422 if the key was used with another request."""
        success = self._successes.get(key) if key is not None else None
        if success is None or success.expires_at <= self._now():
            return None
        if success.request != digest(request):
            raise RefusalError(422, "10015", "The Idempotency-Key was used with another request.")
        return success.answer

    def keep(self, key: str | None, request: bytes, answer: bytes) -> None:
        """Keep a successful answer, if its request has a key."""
        if key is not None:
            # A key that is used again after its day counts as new.
            self._successes.pop(key, None)
            self._successes[key] = _Success(digest(request), answer, self._now() + DAY_S)


def digest(request: bytes) -> bytes:
    """SHA-256 of a request's bytes."""
    return hashlib.sha256(request).digest()
