"""Registered web apps: the command line writes them, every process reads them.

API keys are stored as SHA-256, which suffices for random keys; callback secrets are encrypted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct
from sqlalchemy import Connection
from sqlmodel import Session, col, select

from bot.callbacks import endpoint_key
from bot.records import CodeEntry
from storage.database import Database
from storage.tables import CallbackRow, ClientRow, EndpointRow


class NoSuchClient(LookupError):
    """No web app has this name."""


class ClientExists(ValueError):
    """A web app has this name already."""


class RotationUnderWay(ValueError):
    """A web app has two keys, or two callback secrets, already."""


class RegisteredClient(Struct, frozen=True):
    """One web app as stored; `created_at` in ms."""

    name: str
    key: str
    previous_key: str | None
    origin: str | None
    callback_url: str | None
    return_to: str | None
    code_entry: CodeEntry
    accept: str
    callback_secret: str
    created_at: int
    previous_callback_secret: str | None = None


def digest(key: str) -> str:
    """What is stored of an API key: its SHA-256 in hex."""
    return hashlib.sha256(key.encode()).hexdigest()


def read_all(connection: Connection) -> list[RegisteredClient]:
    """Every web app, ordered by name."""
    with Session(connection) as session:
        rows = session.exec(select(ClientRow).order_by(col(ClientRow.name))).all()
        return [RegisteredClient(**row.model_dump()) for row in rows]


class ClientStore:
    """The command line's reads and writes, in short transactions that do not use the writer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[RegisteredClient]:
        """Every web app, ordered by name."""
        with self._session() as session:
            return read_all(session.connection())

    def get(self, name: str) -> RegisteredClient:
        """The web app with this name. Raises NoSuchClient."""
        for client in self.all():
            if client.name == name:
                return client
        raise NoSuchClient(name)

    def add(self, client: RegisteredClient) -> None:
        """Register a web app. Raises ClientExists."""
        with self._session(writes=True) as session:
            if session.get(ClientRow, client.name) is not None:
                raise ClientExists(client.name)
            session.add(ClientRow(**{field: getattr(client, field) for field in _FIELDS}))
            session.commit()

    def edit(self, client: RegisteredClient) -> None:
        """Replace all that is stored of a web app. Raises NoSuchClient."""
        with self._session(writes=True) as session:
            row = _row(session, client.name)
            for field in _FIELDS:
                setattr(row, field, getattr(client, field))
            session.add(row)
            session.commit()

    def rotate_key(self, name: str, key: str) -> None:
        """Make `key`, a `digest`, the current key; the last one becomes the previous key. Raises
        NoSuchClient, RotationUnderWay."""
        with self._session(writes=True) as session:
            row = _row(session, name)
            if row.previous_key is not None:
                raise RotationUnderWay(name)
            row.previous_key, row.key = row.key, key
            session.add(row)
            session.commit()

    def rotate_secret(self, name: str, sealed: str) -> None:
        """The same for the callback secret, given as it is stored."""
        with self._session(writes=True) as session:
            row = _row(session, name)
            if row.previous_callback_secret is not None:
                raise RotationUnderWay(name)
            row.previous_callback_secret, row.callback_secret = row.callback_secret, sealed
            session.add(row)
            session.commit()

    def finish_rotation(self, name: str, *, key: bool) -> None:
        """End the previous callback secret and, with `key`, the previous key. Raises
        NoSuchClient."""
        with self._session(writes=True) as session:
            row = _row(session, name)
            row.previous_callback_secret = None
            row.previous_key = None if key else row.previous_key
            session.add(row)
            session.commit()

    def reseal(self, reseal: Callable[[str], str]) -> None:
        """Replace every callback secret by what `reseal` makes of it, in one transaction."""
        with self._session(writes=True) as session:
            for row in session.exec(select(ClientRow)).all():
                row.callback_secret = reseal(row.callback_secret)
                if row.previous_callback_secret is not None:
                    row.previous_callback_secret = reseal(row.previous_callback_secret)
                session.add(row)
            session.commit()

    def remove(self, name: str) -> None:
        """Remove a web app and its keys; its verifications stay. Raises NoSuchClient."""
        with self._session(writes=True) as session:
            session.delete(_row(session, name))
            session.commit()

    def callbacks(self, name: str, limit: int) -> Sequence[CallbackRow]:
        """The newest callbacks of a web app, newest first."""
        with self._session() as session:
            sent = select(CallbackRow).where(CallbackRow.client == name)
            return session.exec(sent.order_by(col(CallbackRow.id).desc()).limit(limit)).all()

    def replay(self, name: str, id: str, now: int) -> bool:
        """Queue a callback again and enable its URL. False if this web app has no such callback.

        `now` in ms.
        """
        with self._session(writes=True) as session:
            callback = session.get(CallbackRow, id)
            if callback is None or callback.client != name:
                return False
            callback.state, callback.tries, callback.not_before = "queued", 0, now
            callback.lease_owner, callback.lease_until = None, 0
            session.add(callback)
            endpoint = session.get(EndpointRow, endpoint_key(name, callback.url))
            if endpoint is not None:
                endpoint.disabled_at = None
                session.add(endpoint)
            session.commit()
            return True

    @contextmanager
    def _session(self, *, writes: bool = False) -> Iterator[Session]:
        """Close every connection at the end: a command does one thing and exits."""
        engine = self._database.writing if writes else self._database.reading
        try:
            with Session(engine, expire_on_commit=False) as session:
                yield session
        finally:
            self._database.dispose()


_FIELDS = RegisteredClient.__struct_fields__


def _row(session: Session, name: str) -> ClientRow:
    row = session.get(ClientRow, name)
    if row is None:
        raise NoSuchClient(name)
    return row
