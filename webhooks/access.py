"""Who asks: a web app by its API key, or the holder of one verification's poll token."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from msgspec import Struct
from pydantic import SecretStr
from starlette.types import Scope

from bot.codes import Secrets, is_poll_token
from bot.commands import Access
from webhooks.asgi import header
from webhooks.problems import Problem

_TOKEN = re.compile(r"poll_[0-9a-f]{64}", re.ASCII)
_ID = re.compile(r"ver_[0-9a-f]{47}", re.ASCII)
_LONGEST_BEARER = 256


class Client(Struct, frozen=True):
    """A web app."""

    name: str


class Clients:
    """The web apps of `API_KEYS`, found by the SHA-256 of the key that is presented."""

    def __init__(self, keys: Mapping[str, SecretStr], secrets: Secrets) -> None:
        self._secrets = secrets
        self._by_digest: dict[bytes, Client] = {}
        for name, secret in keys.items():
            key = secret.get_secret_value()
            for bearer in (key, f"{name}:{key}"):  # the pair as it stands in API_KEYS will do too
                self._by_digest[_digest(bearer)] = Client(name)

    def client(self, scope: Scope) -> Client:
        """The web app whose key this is. Raises Problem: 401, or 403 for a poll token."""
        bearer = _bearer(scope)
        client = self._by_digest.get(_digest(bearer)) if bearer else None
        if client is None:
            if bearer and _TOKEN.fullmatch(bearer):
                raise Problem("forbidden", "This needs a web app's API key.")
            raise _unauthorized()
        return client

    def access(self, scope: Scope, id: str) -> Access:
        """How one verification may be seen. Raises Problem; a token of another one's: 404."""
        bearer = _bearer(scope)
        if bearer is None:
            raise _unauthorized()
        client = self._by_digest.get(_digest(bearer))
        if client is not None:
            check_id(id)
            return Access(client.name, standalone=True)
        if not _TOKEN.fullmatch(bearer):
            raise _unauthorized()
        if not is_poll_token(self._secrets, id, bearer):
            raise not_found()
        return Access(None)


def check_id(id: str) -> None:
    """No database is asked for what can't be an id. Raises Problem."""
    if not _ID.fullmatch(id):
        raise not_found()


def not_found() -> Problem:
    """The same for what never was, what is over for good, and what is another's."""
    return Problem("not_found", "There is no such verification.")


def _bearer(scope: Scope) -> str | None:
    value = header(scope, b"authorization")
    if value is None or len(value) > _LONGEST_BEARER:
        return None
    scheme, _, credential = value.decode("latin-1").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else None


def _unauthorized() -> Problem:
    return Problem(
        "unauthorized",
        "Send Authorization: Bearer and an API key, or the poll token of this verification.",
        headers={"WWW-Authenticate": 'Bearer realm="textlogin"'},
    )


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
