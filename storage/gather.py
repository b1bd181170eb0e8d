"""The rows that a batch of commands concerns, loaded in two waves.

The first wave loads what the commands name. The second loads the phones that those rows name,
with all that is recent about each. Last come the callback URLs of the verifications found.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from bot.callbacks import endpoint_key
from bot.commands import Command
from bot.policy import CALLBACKS_PER_CLIENT, RECENT_MS
from bot.snapshot import Snapshot
from storage.keys import Keys
from storage.statements import Statements

#: The messages that a sweep leases or expires, codes first. Of each phone only the oldest one is
#: leased, so that one phone's messages keep their order.
_DUE_MESSAGES = """WHERE id IN (
    SELECT id FROM (
        SELECT id, code, send_before, not_before, lease_until,
            min(CASE WHEN send_before > ? THEN id END) OVER (PARTITION BY phone) AS first
        FROM (SELECT * FROM messages WHERE state = 'queued' ORDER BY id LIMIT 5000) AS oldest
    ) AS ranked
    WHERE lease_until <= ? AND (send_before <= ? OR (id = first AND not_before <= ?))
    ORDER BY code IS NULL, id LIMIT ?
) ORDER BY code IS NULL, id"""

#: The callbacks that a sweep leases: a few per web app, so that one that hangs delays no other.
_DUE_CALLBACKS = """WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY client ORDER BY not_before, id) AS place
        FROM (
            SELECT * FROM callbacks
            WHERE state = 'queued' AND not_before <= ? AND lease_until <= ? AND NOT {busy}
            ORDER BY not_before, id LIMIT 5000
        ) AS oldest
    ) AS ranked
    WHERE place <= ?
) ORDER BY not_before, id LIMIT ?"""

#: Verifications whose expiry is to be announced and that no command has stored as expired.
_UNANNOUNCED = """WHERE status = 'pending' AND callback_url IS NOT NULL AND expires_at <= ?
ORDER BY expires_at, id LIMIT ?"""


class Gatherer:
    """Loads snapshots. Its statements are built once."""

    def __init__(self, statements: Statements) -> None:
        self._sql = _Sql(statements)

    def gather(self, connection: Connection, commands: Iterable[Command], now: int) -> Snapshot:
        """One snapshot with every row that these commands concern."""
        load = _Load(self._sql, connection, Keys(commands), now)
        load.by_keys()
        load.by_phones()
        load.endpoints()
        return load.snapshot


class _Sql:
    """The selects that `TableStatements.find` cannot express."""

    def __init__(self, tables: Statements) -> None:
        self.tables = tables
        self.pending_refs = tables.verifications.among("ref", "AND status = 'pending'")
        self.phones = tables.phones.with_each(
            tables.conversations, "conversations.phone = phones.phone", "phone"
        )
        self.recent = tables.verifications.with_each(
            tables.messages,
            "verifications.status = 'pending' AND messages.id = verifications.message_id "
            "AND messages.state = 'queued'",
            "phone",
            "AND (verifications.created_at > ? OR verifications.awaiting = 'code')",
        )
        self.queued = tables.messages.among("phone", "AND state = 'queued'")
        self.unmatched = tables.events.among("message_id", "AND unmatched IS NOT NULL")
        self.due_messages = tables.messages.select(_DUE_MESSAGES)
        self.due_callbacks = tables.callbacks.select(
            _DUE_CALLBACKS.format(busy=tables.callbacks.one_of("client"))
        )
        self.unannounced = tables.verifications.select(_UNANNOUNCED)


class _Load:
    """One batch being loaded."""

    def __init__(self, sql: _Sql, connection: Connection, keys: Keys, now: int) -> None:
        self._sql = sql
        self._tables = sql.tables
        self._connection = connection
        self._keys = keys
        self._now = now
        self.snapshot = Snapshot()

    # -- the first wave ------------------------------------------------------------------------

    def by_keys(self) -> None:
        """What the commands name, then the verification of each message."""
        self._find("events", "event_id", self._keys.event_ids)
        self._find("verifications", "id", self._keys.verification_ids)
        self._find("messages", "id", self._keys.message_ids)
        self._find("messages", "provider_id", self._keys.provider_ids)
        self._find("addresses", "address", self._keys.addresses)
        self._find("idempotent_requests", "key", self._keys.request_keys)
        self._find("callbacks", "id", self._keys.callback_ids)
        self._read("verifications", self._sql.pending_refs, self._keys.refs)
        self._read("events", self._sql.unmatched, self._keys.settled_ids)
        self._due_messages()
        self._callbacks_to_sweep()
        self._verifications_named()

    def _due_messages(self) -> None:
        if not self._keys.message_room:
            return
        now = self._now
        values = (now, now, now, now, self._keys.message_room)
        due = self._tables.messages.read(self._connection, self._sql.due_messages, values)
        self.snapshot.add(due)
        self.snapshot.due_messages = [message.id for message in due]

    def _callbacks_to_sweep(self) -> None:
        room = self._keys.callback_room
        if not room:
            return
        connection, now, busy = self._connection, self._now, list(self._keys.busy_clients)
        values = (now, now, busy, CALLBACKS_PER_CLIENT, room)
        due = self._tables.callbacks.read(connection, self._sql.due_callbacks, values)
        self.snapshot.add(due)
        self.snapshot.due_callbacks = [callback.id for callback in due]
        expired = self._tables.verifications.read(connection, self._sql.unannounced, (now, room))
        self.snapshot.add(expired)
        self.snapshot.expired = [verification.id for verification in expired]

    def _verifications_named(self) -> None:
        """The verifications that messages and idempotency keys name."""
        rows = self.snapshot.rows
        wanted = {one.verification_id for one in rows.idempotent_requests.values()}
        wanted |= {one.verification_id for one in rows.messages.values() if one.verification_id}
        self._find("verifications", "id", wanted - rows.verifications.keys())

    # -- the second wave -----------------------------------------------------------------------

    def by_phones(self) -> None:
        """The phones that the first wave names. A phone without a row has nothing else either.

        Loads only messages that may have to be withdrawn: current codes, and after a STOP all.
        """
        phones = self._phones()
        if not phones:
            return
        tables, connection, add = self._tables, self._connection, self.snapshot.add
        for phone, pair in tables.phones.read_with(
            tables.conversations, connection, self._sql.phones, (list(phones),)
        ):
            add((phone,) if pair is None else (phone, pair))
        known = list(self.snapshot.rows.phones)
        if known:
            since = self._now - RECENT_MS
            for verification, code in tables.verifications.read_with(
                tables.messages, connection, self._sql.recent, (known, since)
            ):
                add((verification,) if code is None else (verification, code))
        self._read("messages", self._sql.queued, self._keys.stopped_phones)

    def _phones(self) -> set[str]:
        rows = self.snapshot.rows
        phones = set(self._keys.phones)
        phones.update(message.phone for message in rows.messages.values())
        phones.update(one.phone for one in rows.verifications.values() if one.phone)
        return phones

    # -- callbacks -----------------------------------------------------------------------------

    def endpoints(self) -> None:
        """The rows that say which of the callback URLs are disabled."""
        rows, wanted = self.snapshot.rows, set(self._keys.endpoints)
        for verification in rows.verifications.values():
            if verification.client and verification.callback_url:
                wanted.add(endpoint_key(verification.client, verification.callback_url))
        for callback in rows.callbacks.values():
            wanted.add(endpoint_key(callback.client, callback.url))
        self._find("endpoints", "key", wanted)

    # -- helpers -------------------------------------------------------------------------------

    def _find(self, table: str, column: str, keys: set[str]) -> None:
        if keys:
            self.snapshot.add(self._tables.of(table).find(self._connection, column, keys))

    def _read(self, table: str, sql: str, keys: set[str]) -> None:
        if keys:
            self.snapshot.add(self._tables.of(table).read(self._connection, sql, (list(keys),)))
