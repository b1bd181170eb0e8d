"""The rows that a batch of commands concerns, loaded in two waves: two round trips.

The first wave loads what the commands name, with all that is recent about their phones. The second
does the same for further phones that the rows found name. Rows that a row names are joined to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from msgspec import Struct

from bot import guard
from bot.callbacks import endpoint_key
from bot.ceilings import hour_of
from bot.commands import PAGES_CLIENT, Command
from bot.open_requests import OpenRequests
from bot.policy import (
    CALLBACKS_PER_CLIENT,
    EXPIRIES_PER_SWEEP,
    LATE_REPUDIATION_MS,
    LONGEST_LIFE_MS,
    RECENT_MS,
    USAGE_HOURS,
)
from bot.records import TABLES, Callback, Message, Verification
from bot.snapshot import Snapshot
from storage.forgotten import Forgotten
from storage.keys import Keys
from storage.statements import Join, Query, Select, Statements

#: As `bot.outbound.urgency`.
_URGENCY = "CASE WHEN code IS NULL THEN 2 WHEN kind = 'code' THEN 1 ELSE 0 END"
#: The messages that a sweep leases or expires, the urgent ones first. Of each phone only the oldest
#: one is leased, so that one phone's messages keep their order.
_DUE_MESSAGES = f"""WHERE messages.id IN (
    SELECT id FROM (
        SELECT id, {_URGENCY} AS urgency, send_before, not_before, lease_until,
            min(CASE WHEN send_before > ? THEN id END) OVER (PARTITION BY phone) AS first
        FROM (SELECT * FROM messages WHERE state = 'queued' ORDER BY id LIMIT 5000) AS oldest
    ) AS ranked
    WHERE lease_until <= ? AND (send_before <= ? OR (id = first AND not_before <= ?))
    ORDER BY urgency, id LIMIT ?
) ORDER BY {_URGENCY}, messages.id"""

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

#: Verifications of web apps that have expired, which no command has stored: those to be announced,
#: and those that only occupy their ref.
_EXPIRED = """WHERE status = 'pending' AND client IS NOT NULL AND expires_at <= ?
AND callback_url IS {} NULL ORDER BY expires_at, id LIMIT ?"""

#: See `bot.open_requests.key`.
_OPEN_REQUESTS = f"""SELECT client, CASE WHEN client = '{PAGES_CLIENT}' THEN address END, count(*),
    min(expires_at)
FROM verifications WHERE status = 'pending' AND claimed_at IS NULL AND expires_at > ?
GROUP BY 1, 2"""


class Source(Protocol):
    """What the rows are read from: a transaction."""

    #: The time of the batch (ms), exact after the first read.
    now: int

    def read(self, queries: Sequence[Query]) -> list[list[Any]]:
        """The records that each query finds, in one round trip."""


class Gatherer:
    """Loads snapshots. Its statements are built once."""

    def __init__(self, statements: Statements, numbers: Sequence[str] = ()) -> None:
        self._sql = _Sql(statements)
        self.forgotten = Forgotten(statements, numbers)

    def gather(self, source: Source, commands: Iterable[Command]) -> Snapshot:
        """One snapshot with every row that these commands concern."""
        keys = Keys(commands)
        load = _Load(self._sql, keys)
        load.first_wave(source)
        load.second_wave(source)
        if self.forgotten.hashes is not None:
            self.forgotten.restore(source, keys.phones, load.snapshot)
        return load.snapshot


class _Sql:
    """The selects that `TableStatements.find` cannot express."""

    def __init__(self, tables: Statements) -> None:
        self.tables = tables
        verification = Join(tables.verifications, "verifications.id = messages.verification_id")
        self.messages = tables.messages.among("id", "", verification)
        self.sent_messages = tables.messages.among("provider_id", "", verification)
        self.due_messages = tables.messages.select(_DUE_MESSAGES, verification)
        self.idempotent_requests = tables.idempotent_requests.among(
            "key",
            "",
            Join(tables.verifications, "verifications.id = idempotent_requests.verification_id"),
        )
        self.pending_refs = tables.verifications.among("ref", "AND status = 'pending'")
        self.unmatched = tables.events.among("message_id", "AND unmatched IS NOT NULL")
        self.due_callbacks = tables.callbacks.select(
            _DUE_CALLBACKS.format(busy=tables.callbacks.one_of("client"))
        )
        held = "AND {table}.state = 'queued' ORDER BY {table}.id"
        self.orphaned_messages = tables.messages.among(
            "lease_owner", held.format(table="messages"), verification
        )
        self.orphaned_callbacks = tables.callbacks.among(
            "lease_owner", held.format(table="callbacks")
        )
        self.unannounced = tables.verifications.select(_EXPIRED.format("NOT"))
        self.expired = tables.verifications.select(_EXPIRED.format(""))
        self.usage = tables.usage.select("WHERE hour >= ?")
        self.open_requests = Select(_OPEN_REQUESTS, [OpenRequests], sqlite=tables.is_sqlite)
        self.phones = tables.phones.among(
            "phone", "", Join(tables.conversations, "conversations.phone = phones.phone")
        )
        self.recent = tables.verifications.among(
            "phone",
            "AND (verifications.created_at > ? OR verifications.awaiting = 'code')",
            Join(
                tables.messages,
                "verifications.status = 'pending' AND messages.id = verifications.message_id "
                "AND messages.state = 'queued'",
            ),
            Join(
                tables.endpoints,
                "endpoints.key = verifications.client || ' ' || verifications.callback_url",
            ),
        )
        self.approved = tables.verifications.among(
            "phone",
            "AND status = 'approved' AND verifications.created_at > ? AND completed_at > ?",
        )
        self.queued = tables.messages.among("phone", "AND state = 'queued'")


class _Load:
    """One batch being loaded."""

    def __init__(self, sql: _Sql, keys: Keys) -> None:
        self._sql = sql
        self._tables = sql.tables
        self._keys = keys
        self._queries: list[Query] = []
        self._takers: list[Callable[[list[Any]], None]] = []
        self.snapshot = Snapshot()

    def first_wave(self, source: Source) -> None:
        """What the commands name, and the verifications of their messages and requests."""
        keys, sql, tables = self._keys, self._sql, self._tables
        self._want(keys.event_ids, tables.events.find("event_id", keys.event_ids))
        self._want(keys.verification_ids, tables.verifications.find("id", keys.verification_ids))
        self._want(keys.message_ids, sql.messages.of(list(keys.message_ids)))
        self._want(keys.provider_ids, sql.sent_messages.of(list(keys.provider_ids)))
        self._want(keys.addresses, tables.addresses.find("address", keys.addresses))
        self._want(keys.request_keys, sql.idempotent_requests.of(list(keys.request_keys)))
        self._want(keys.callback_ids, tables.callbacks.find("id", keys.callback_ids))
        self._want(keys.refs, sql.pending_refs.of(list(keys.refs)))
        self._want(keys.settled_ids, sql.unmatched.of(list(keys.settled_ids)))
        self._want(keys.stopped_phones, sql.queued.of(list(keys.stopped_phones)))
        oldest = hour_of(source.now) - USAGE_HOURS
        self._want(keys.is_counted, sql.usage.of(oldest))
        self._want(keys.guards, tables.guards.find("key", keys.guards))
        self._want(keys.opens_requests, sql.open_requests.of(source.now))
        for name, found in keys.rows.items():
            key = TABLES[name].key[0]  # a phone's conversations are joined to its row
            is_phones = name == "phones"
            query = sql.phones.of(list(found)) if is_phones else tables.of(name).find(key, found)
            self._want(found, query)
        self._want_approvals(source.now)
        self._want_phones(keys.phones, source.now)
        self._want_sweeps(source.now)
        self._want_orphans()
        self._read(source)

    def second_wave(self, source: Source) -> None:
        """The phones that the first wave found, and which of its callback URLs are disabled.

        A batch that needs neither, such as one of texts, saves this round trip.
        """
        self._want_phones(self._phones_found(), source.now)
        guards = self._guards()
        self._want(guards, self._tables.guards.find("key", guards))
        endpoints = self._endpoints()
        self._want(endpoints, self._tables.endpoints.find("key", endpoints))
        self._read(source)

    # -- keys ----------------------------------------------------------------------------------

    def _want_phones(self, phones: set[str], now: int) -> None:
        """All that is recent about these phones. Of their messages only those are loaded that may
        have to be withdrawn: current codes."""
        keys = list(phones)
        self._want(keys, self._sql.phones.of(keys))
        self._want(keys, self._sql.recent.of(keys, now - RECENT_MS))

    def _want_approvals(self, now: int) -> None:
        """What a NO may still be about, beyond what is recent."""
        phones, since = list(self._keys.denying_phones), now - LATE_REPUDIATION_MS
        self._want(phones, self._sql.approved.of(phones, since - LONGEST_LIFE_MS, since))

    def _phones_found(self) -> set[str]:
        rows = self.snapshot.rows
        phones = {message.phone for message in rows.messages.values()}
        phones.update(one.phone for one in rows.verifications.values() if one.phone)
        return phones - self._keys.phones

    def _guards(self) -> set[str]:
        """Those of the verifications whose codes are typed or asked for again."""
        found, known = set[str](), self.snapshot.rows.verifications
        for id in self._keys.guarded_ids & known.keys():
            if phone := known[id].phone:
                found.update(guard.keys(phone, known[id].address, known[id].client))
        return found - self._keys.guards

    def _endpoints(self) -> set[str]:
        rows, wanted = self.snapshot.rows, set(self._keys.endpoints)
        for verification in rows.verifications.values():
            if verification.client and verification.callback_url:
                wanted.add(endpoint_key(verification.client, verification.callback_url))
        for callback in rows.callbacks.values():
            wanted.add(endpoint_key(callback.client, callback.url))
        return wanted

    # -- sweeps --------------------------------------------------------------------------------

    def _want_sweeps(self, now: int) -> None:
        """`now` may be a little early. Then a sweep finds what was due a little earlier."""
        sql, keys = self._sql, self._keys
        if room := keys.message_room:
            self._want(room, sql.due_messages.of(now, now, now, now, room), self._take_messages)
        if room := keys.callback_room:
            busy = list(keys.busy_clients)
            due = sql.due_callbacks.of(now, now, busy, CALLBACKS_PER_CLIENT, room)
            self._want(room, due, self._take_callbacks)
            self._want(room, sql.unannounced.of(now, room), self._take_expired)
            self._want(room, sql.expired.of(now, EXPIRIES_PER_SWEEP), self._take_expired)

    def _want_orphans(self) -> None:
        sql, holders = self._sql, list(self._keys.lost_holders)
        self._want(holders, sql.orphaned_messages.of(holders), self._take_orphaned_messages)
        self._want(holders, sql.orphaned_callbacks.of(holders), self._take_orphaned_callbacks)

    def _take_orphaned_messages(self, records: list[Struct]) -> None:
        self.snapshot.add(records)
        self.snapshot.orphaned_messages = _ids(records)

    def _take_orphaned_callbacks(self, records: list[Callback]) -> None:
        self.snapshot.add(records)
        self.snapshot.orphaned_callbacks = [callback.id for callback in records]

    def _take_messages(self, records: list[Struct]) -> None:
        self.snapshot.add(records)
        self.snapshot.due_messages = _ids(records)

    def _take_callbacks(self, records: list[Callback]) -> None:
        self.snapshot.add(records)
        self.snapshot.due_callbacks = [callback.id for callback in records]

    def _take_expired(self, records: list[Verification]) -> None:
        self.snapshot.add(records)
        self.snapshot.expired += [verification.id for verification in records]

    # -- reading -------------------------------------------------------------------------------

    def _want(
        self, keys: object, query: Query, take: Callable[[list[Any]], None] | None = None
    ) -> None:
        """Read this in the current wave, unless there are no keys."""
        if keys:
            self._queries.append(query)
            self._takers.append(take or self.snapshot.add)

    def _read(self, source: Source) -> None:
        queries, self._queries = self._queries, []
        takers, self._takers = self._takers, []
        for take, records in zip(takers, source.read(queries), strict=True):
            take(records)


def _ids(records: list[Struct]) -> list[str]:
    """The ids of the messages; the verifications joined to them are left out."""
    return [record.id for record in records if isinstance(record, Message)]
