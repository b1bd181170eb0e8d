"""Who asks: a web app by its API key, or the holder of one verification's poll token."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from msgspec import Struct
from pydantic import SecretStr
from starlette.types import Scope

from bot.codes import Secrets, is_poll_token
from bot.commands import Access
from bot.records import CodeEntry
from storage.clients import RegisteredClient, digest
from webhooks.http.asgi import header
from webhooks.http.problems import Problem

#: What an approval can rest on, the strongest last.
BINDINGS = ("sms_reply", "sms_reply_ref", "browser_code")
_TOKEN = re.compile(r"poll_[0-9a-f]{64}", re.ASCII)
_ID = re.compile(r"ver_[0-9a-f]{47}", re.ASCII)
_LONGEST_BEARER = 256
_HOLDER = Access(None)
_NEVER_SEEN: tuple[Access | None, str | None] = (None, None)
_REMEMBERED = 16_384


class Client(Struct, frozen=True):
    """A web app: what it gets unless it says otherwise, and which bindings it accepts."""

    name: str
    code_entry: CodeEntry = "reply"
    accept: frozenset[str] = frozenset(BINDINGS)
    origin: str | None = None
    callback_url: str | None = None
    callback_secret: str | None = None

    @property
    def host(self) -> str | None:
        """Of its origin, for the last line of a code's message."""
        return urlsplit(self.origin).hostname if self.origin else None

    @property
    def access(self) -> Access:
        """Its own verifications, and stand-alone logins if a reply from anywhere is enough."""
        return Access(self.name, standalone="sms_reply" in self.accept)


class Clients:
    """Web apps by the SHA-256 of the key that is presented: those of `API_KEYS`, and the
    registered ones, which `update` brings up to date."""

    def __init__(self, keys: Mapping[str, SecretStr], secrets: Secrets) -> None:
        self._secrets = secrets
        self._set: dict[str, Client] = {}
        for name, secret in keys.items():
            key = secret.get_secret_value()
            for bearer in (key, f"{name}:{key}"):  # the pair as it stands in API_KEYS will do too
                self._set[digest(bearer)] = Client(name)
        self._by_digest = dict(self._set)
        self._by_name: dict[str, Client] = {}
        #: Right headers, and the one verification that a token is right for.
        self._remembered: dict[bytes, tuple[Access, str | None]] = {}
        self.origins: frozenset[str] = frozenset()

    def update(self, registered: Iterable[RegisteredClient]) -> None:
        """The registered web apps as they are now; what the settings name comes first."""
        by_digest, by_name, origins = {}, {}, set()
        for row in registered:
            client = _client(row)
            by_name[row.name] = client
            for key in filter(None, (row.key, row.previous_key)):
                by_digest[key] = client
            if row.origin:
                origins.add(row.origin)
        self._by_digest = by_digest | self._set
        self._by_name = by_name
        self._remembered.clear()
        self.origins = frozenset(origins)

    def named(self, name: str) -> Client | None:
        """A registered web app."""
        return self._by_name.get(name)

    def client(self, scope: Scope) -> Client:
        """The web app whose key this is. Raises Problem: 401, or 403 for a poll token."""
        bearer = _bearer(header(scope, b"authorization") or b"")
        client = self._by_digest.get(digest(bearer)) if bearer else None
        if client is None:
            if bearer and _TOKEN.fullmatch(bearer):
                raise Problem("forbidden", "This needs a web app's API key.")
            raise _unauthorized()
        return client

    def access(self, scope: Scope, id: str) -> Access:
        """How one verification may be seen. Raises Problem; a token of another one's: 404."""
        value = header(scope, b"authorization") or b""
        access, its = self._remembered.get(value, _NEVER_SEEN)
        if access is not None and (its is None or its == id):
            return access
        bearer = _bearer(value)
        client = self._by_digest.get(digest(bearer)) if bearer else None
        if client is not None:
            return self._remember(value, client.access, None)
        if not bearer or not _TOKEN.fullmatch(bearer):
            raise _unauthorized()
        if not is_poll_token(self._secrets, id, bearer):
            raise not_found()
        return self._remember(value, _HOLDER, id)

    def _remember(self, value: bytes, access: Access, id: str | None) -> Access:
        """What is right alone: as many as there are, not as many as somebody tries."""
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        self._remembered[value] = access, id
        return access


def check_id(id: str) -> None:
    """No database is asked for what can't be an id. Raises Problem."""
    if not _ID.fullmatch(id):
        raise not_found()


def not_found() -> Problem:
    """The same for what never was, what is over for good, and what is another's."""
    return Problem("not_found", "There is no such verification.")


def _client(row: RegisteredClient) -> Client:
    return Client(
        row.name,
        row.code_entry,
        frozenset(row.accept.split(",")),
        row.origin,
        row.callback_url,
        row.callback_secret,
    )


def _bearer(value: bytes) -> str | None:
    if len(value) > _LONGEST_BEARER:
        return None
    scheme, _, credential = value.decode("latin-1").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else None


def _unauthorized() -> Problem:
    return Problem(
        "unauthorized",
        "Send Authorization: Bearer and an API key, or the poll token of this verification.",
        headers={"WWW-Authenticate": 'Bearer realm="textlogin"'},
    )
