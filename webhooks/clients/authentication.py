"""Authentication: a web app by its API key, or the holder of one verification's poll token."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import get_args

from msgspec import Struct
from starlette.types import Scope

from bot.codes import Secrets, is_poll_token
from bot.commands import Access
from bot.records import Binding, CodeEntry
from storage.clients import RegisteredClient, digest
from webhooks.clients.api_key import STANDALONE, ApiKey
from webhooks.clients.code_host import code_host
from webhooks.http.asgi import header
from webhooks.http.problems import Problem

#: Every binding, the strongest last.
BINDINGS: tuple[Binding, ...] = get_args(Binding)
_ALL: frozenset[Binding] = frozenset(BINDINGS)
#: What a web app accepts unless it says otherwise: all but stand-alone logins.
DEFAULT_ACCEPT: frozenset[Binding] = _ALL - {"sms_reply"}
_TOKEN = re.compile(r"poll_[0-9a-f]{64}", re.ASCII)
_ID = re.compile(r"ver_[0-9a-f]{47}", re.ASCII)
_AUTHORIZATION_BYTES = 256
_TOKEN_HOLDER = Access(None)
_UNKNOWN: tuple[Access | None, str | None] = (None, None)
_CACHE_SIZE = 16_384


class Client(Struct, frozen=True):
    """A web app: its defaults, and the bindings that it accepts."""

    name: str
    code_entry: CodeEntry = "page"
    accept: frozenset[Binding] = DEFAULT_ACCEPT
    origin: str | None = None
    callback_url: str | None = None
    return_to: str | None = None
    #: Encrypted; two during a rotation, the newest first.
    callback_secrets: tuple[str, ...] = ()

    @property
    def host(self) -> str | None:
        """The host of its origin, for the last line of a text with a code."""
        return code_host(self.origin)

    @property
    def access(self) -> Access:
        """Its own verifications, and stand-alone logins if it accepts `sms_reply`."""
        return Access(self.name, standalone="sms_reply" in self.accept)


class Clients:
    """Web apps by the SHA-256 of their keys: those in `API_KEYS` and the registered ones, which
    `update` replaces."""

    def __init__(
        self,
        keys: Mapping[str, ApiKey],
        secrets: Secrets,
        refused: Callable[[str], None] = lambda reason: None,
    ) -> None:
        """`refused` is told why a caller is not let in."""
        self._secrets = secrets
        self._refused = refused
        self._configured: dict[str, Client] = {}
        for name, configured in keys.items():
            key = configured.key.get_secret_value()
            client = Client(name, accept=_ALL if configured.standalone else DEFAULT_ACCEPT)
            # Some send the whole pair from API_KEYS.
            for bearer in (key, f"{name}:{key}", f"{name}:{key}{STANDALONE}"):
                self._configured[digest(bearer)] = client
        self._by_digest = dict(self._configured)
        self._by_name: dict[str, Client] = {}
        #: Valid Authorization headers: the access, and for a poll token the one id it is good for.
        self._cache: dict[bytes, tuple[Access, str | None]] = {}
        self.origins: frozenset[str] = frozenset()
        #: The names of web apps that do not accept the binding `browser_code`.
        self.reply_only: frozenset[str] = frozenset()

    def update(self, registered: Iterable[RegisteredClient]) -> None:
        """Replace the registered web apps. A key in `API_KEYS` takes precedence."""
        by_digest, by_name, origins = {}, {}, set()
        for row in registered:
            client = _client(row)
            by_name[row.name] = client
            for key in filter(None, (row.key, row.previous_key)):
                by_digest[key] = client
            if row.origin:
                origins.add(row.origin)
        self._by_digest = by_digest | self._configured
        self._by_name = by_name
        self._cache.clear()
        self.origins = frozenset(origins)
        self.reply_only = frozenset(
            name for name, client in by_name.items() if "browser_code" not in client.accept
        )

    def named(self, name: str) -> Client | None:
        """The registered web app of that name, None if there is none."""
        return self._by_name.get(name)

    def client(self, scope: Scope) -> Client:
        """The web app that sent the request. Raises Problem: 401, or 403 for a poll token."""
        bearer = _bearer(header(scope, b"authorization") or b"")
        client = self._by_digest.get(digest(bearer)) if bearer else None
        if client is None:
            if bearer and _TOKEN.fullmatch(bearer):
                raise Problem("forbidden", "This call requires an API key.")
            raise self._unauthorized(bearer)
        return client

    def access(self, scope: Scope, id: str) -> Access:
        """How the caller may access one verification.

        Raises Problem: 401, or 404 for a poll token of another verification.
        """
        value = header(scope, b"authorization") or b""
        access, only_id = self._cache.get(value, _UNKNOWN)
        if access is not None and (only_id is None or only_id == id):
            return access
        bearer = _bearer(value)
        client = self._by_digest.get(digest(bearer)) if bearer else None
        if client is not None:
            return self._keep(value, client.access, None)
        if not bearer or not _TOKEN.fullmatch(bearer):
            raise self._unauthorized(bearer)
        if not is_poll_token(self._secrets, id, bearer):
            raise not_found()
        return self._keep(value, _TOKEN_HOLDER, id)

    def _unauthorized(self, bearer: str | None) -> Problem:
        self._refused("unknown_key" if bearer else "no_key")
        return _unauthorized()

    def _keep(self, value: bytes, access: Access, only_id: str | None) -> Access:
        """Cache a valid header. Invalid ones are not cached: a client can send any number."""
        if len(self._cache) >= _CACHE_SIZE:
            self._cache.clear()
        self._cache[value] = access, only_id
        return access


def check_id(id: str) -> None:
    """Raises Problem (404) for what cannot be an id, without asking the database."""
    if not _ID.fullmatch(id):
        raise not_found()


def not_found() -> Problem:
    """Same 404 whether missing, expired or not the caller's."""
    return Problem("not_found", "Verification not found.")


def _client(row: RegisteredClient) -> Client:
    accepted = row.accept.split(",")
    return Client(
        name=row.name,
        code_entry=row.code_entry,
        accept=frozenset(binding for binding in BINDINGS if binding in accepted),
        origin=row.origin,
        callback_url=row.callback_url,
        return_to=row.return_to,
        callback_secrets=tuple(filter(None, (row.callback_secret, row.previous_callback_secret))),
    )


def _bearer(value: bytes) -> str | None:
    if len(value) > _AUTHORIZATION_BYTES:
        return None
    scheme, _, credential = value.decode("latin-1").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else None


def _unauthorized() -> Problem:
    return Problem(
        "unauthorized",
        "Send `Authorization: Bearer` with an API key or this verification's poll token.",
        headers={"WWW-Authenticate": 'Bearer realm="textlogin"'},
    )
