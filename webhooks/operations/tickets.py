"""The cookie of an operator who has typed OPERATIONS_TOKEN: a time, under a MAC of the token."""

from __future__ import annotations

import hashlib
import hmac
import time

COOKIE = "textlogin-operations"
#: After so long the token is typed again.
LIFE_S = 12 * 3600


class Tickets:
    """Makes and checks cookies. A new token ends every one."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def is_token(self, typed: str) -> bool:
        """Whether somebody typed the token."""
        return hmac.compare_digest(typed.strip().encode(), self._token)

    def new(self) -> str:
        """The value of a cookie that is good from now on."""
        until = str(int(time.time()) + LIFE_S)
        return f"{until}.{self._mac(until)}"

    def is_good(self, value: str) -> bool:
        """Whether this is the value of one of our cookies, and not too old."""
        until, _, mac = value.partition(".")
        is_ours = hmac.compare_digest(mac.encode(), self._mac(until).encode())
        return is_ours and int(until) > time.time()

    def _mac(self, until: str) -> str:
        message = f"operations {until}".encode()
        return hmac.new(self._token, message, hashlib.sha256).hexdigest()
