"""What support reads: the rows about one phone or one verification, and counts by day.

Plain reads, for `Reader.run` or a connection of a command. Every one of them begins at a time, and
finds rows by their ids, which are ordered by time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import Connection

from bot import guard
from bot.ceilings import hour_of
from bot.policy import LONGEST_LIFE_MS, USAGE_HOURS
from bot.records import (
    DAY_MS,
    Callback,
    Conversation,
    Guard,
    Message,
    Phone,
    Usage,
    Verification,
)
from storage.ids import first_id
from storage.session import LAST_COMMIT
from storage.statements import Select, Statements

#: Of one phone: at most so many of its newest verifications and of its newest texts.
MOST_VERIFICATIONS, MOST_MESSAGES = 50, 300
#: After a verification's end, the texts about it still come.
_MARGIN_MS = 60_000
#: A region is found in the first characters of a number.
_START = 8

_DAY_AND_PHONE = f"created_at / {DAY_MS}, min(phone)"
_BY_DAY_AND_START = f"GROUP BY created_at / {DAY_MS}, substr(phone, 1, {_START})"
_ASKED = f"""SELECT {_DAY_AND_PHONE}, count(*), sum(CASE WHEN status = 'approved' THEN 1 ELSE 0 END)
FROM verifications WHERE id >= ? {_BY_DAY_AND_START}"""
_SENT = f"""SELECT {_DAY_AND_PHONE},
    sum(CASE WHEN code IS NOT NULL AND state = 'sent' THEN 1 ELSE 0 END),
    sum(CASE WHEN code IS NOT NULL AND delivery = 'delivered' THEN 1 ELSE 0 END),
    CAST(sum(CASE WHEN state = 'sent' THEN 1 + round ELSE round END) AS BIGINT)
FROM messages WHERE id >= ? {_BY_DAY_AND_START}"""
_OPT_OUTS = "SELECT count(*) FROM conversations WHERE opted_out_at >= ?"
_CALLBACKS = "SELECT state, count(*) FROM callbacks WHERE id >= ? GROUP BY 1"


class Records(Struct, frozen=True):
    """What is stored about a phone, or about one verification and its phone. `now` is the later of
    the clock and the last commit (ms); verifications, messages and callbacks are oldest first.
    `usage` are the texts of the last day over all phones."""

    now: int
    phone: str | None
    known: Phone | None = None
    conversations: list[Conversation] = []
    verifications: list[Verification] = []
    messages: list[Message] = []
    callbacks: list[Callback] = []
    guards: list[Guard] = []
    usage: list[Usage] = []


class Asked(Struct, frozen=True):
    """Verifications of one day (days since the epoch) to the numbers that begin alike; `phone` is
    one of them, None for those that no phone has claimed."""

    day: int
    phone: str | None
    asked: int
    approved: int


class Sent(Struct, frozen=True):
    """Our texts of one day to the numbers that begin alike: those with a code that Telnyx took and
    that were delivered, and all that Telnyx took."""

    day: int
    phone: str
    codes: int
    delivered: int
    texts: int


class Day(NamedTuple):
    """What `Histories.today` counts: opt-outs, and callbacks by state."""

    now: int
    asked: list[Asked]
    sent: list[Sent]
    opt_outs: int
    callbacks: dict[str, int]
    usage: list[Usage]


class Histories:
    """Makes reads. `clock` in ms."""

    def __init__(self, *, sqlite: bool, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._rows = rows = Statements(sqlite=sqlite)
        self._messages = rows.messages.select(
            f"WHERE id >= ? AND id < ? AND phone = ? ORDER BY id DESC LIMIT {MOST_MESSAGES}"
        )
        self._verifications = rows.verifications.select(
            "WHERE phone = ? AND created_at >= ? ORDER BY created_at DESC, id DESC "
            f"LIMIT {MOST_VERIFICATIONS}"
        )
        self._callbacks = rows.callbacks.select(
            f"WHERE {rows.callbacks.one_of('client')} AND id >= ? "
            f"AND {rows.callbacks.one_of('verification_id')} ORDER BY id"
        )
        self._usage = rows.usage.select("WHERE hour >= ?")
        self._counts = [_counts(sql, sqlite=sqlite) for sql in (_OPT_OUTS, _CALLBACKS)]
        self._asked = Select(_ASKED, [Asked], sqlite=sqlite)
        self._sent = Select(_SENT, [Sent], sqlite=sqlite)

    def of_phone(self, phone: str, days: int) -> Callable[[Connection], Records]:
        """Everything about a phone in the last `days`."""

        def read(connection: Connection) -> Records:
            now = self._now(connection)
            since = now - days * DAY_MS
            found = self._verifications.of(phone, since).run(connection)
            return self._about(connection, now, phone, found[::-1], since, now + DAY_MS)

        return read

    def of_verification(self, id: str) -> Callable[[Connection], Records | None]:
        """One verification, the texts of its time, and its phone; None if there is none."""

        def read(connection: Connection) -> Records | None:
            now = self._now(connection)
            found = self._rows.verifications.find("id", [id]).run(connection)
            if not found:
                return None
            one: Verification = found[0]
            end = (one.completed_at or one.created_at + LONGEST_LIFE_MS) + _MARGIN_MS
            return self._about(connection, now, one.phone, found, one.created_at, end)

        return read

    def by_day(self, days: int) -> Callable[[Connection], tuple[list[Asked], list[Sent]]]:
        """The counts of today and of the `days` - 1 days before, in UTC."""

        def read(connection: Connection) -> tuple[list[Asked], list[Sent]]:
            since = (self._now(connection) // DAY_MS - days + 1) * DAY_MS
            return self._funnel(connection, since)

        return read

    def today(self, connection: Connection) -> Day:
        """The counts of today, in UTC."""
        now = self._now(connection)
        since = now // DAY_MS * DAY_MS
        opt_outs, callbacks = self._counts
        ((opted_out,),) = connection.exec_driver_sql(opt_outs, (since,)).all()
        states = connection.exec_driver_sql(callbacks, (first_id("evt", since),)).all()
        asked, sent = self._funnel(connection, since)
        return Day(
            now, asked, sent, int(opted_out), dict(map(tuple, states)), self._used(connection, now)
        )

    # -- parts ---------------------------------------------------------------------------------

    def _now(self, connection: Connection) -> int:
        ((last_commit,),) = connection.exec_driver_sql(LAST_COMMIT).all()
        return max(self._clock(), int(last_commit))

    def _about(
        self,
        connection: Connection,
        now: int,
        phone: str | None,
        verifications: list[Verification],
        since: int,
        until: int,
    ) -> Records:
        """`since` and `until` limit the texts (ms)."""
        callbacks = self._callbacks_of(connection, verifications)
        if phone is None:
            return Records(now, None, verifications=verifications, callbacks=callbacks)
        rows = self._rows
        known = rows.phones.find("phone", [phone]).run(connection)
        texts = self._messages.of(first_id("msg", since), first_id("msg", until), phone)
        return Records(
            now,
            phone,
            known=known[0] if known else None,
            conversations=rows.conversations.find("phone", [phone]).run(connection),
            verifications=verifications,
            messages=texts.run(connection)[::-1],
            callbacks=callbacks,
            guards=rows.guards.find("key", guard.keys(phone, None)).run(connection),
            usage=self._used(connection, now),
        )

    def _callbacks_of(
        self, connection: Connection, verifications: list[Verification]
    ) -> list[Callback]:
        clients = list({one.client for one in verifications if one.client and one.callback_url})
        if not clients:
            return []
        since = first_id("evt", min(one.created_at for one in verifications))
        ids = [one.id for one in verifications]
        return self._callbacks.of(clients, since, ids).run(connection)

    def _used(self, connection: Connection, now: int) -> list[Usage]:
        return self._usage.of(hour_of(now) - USAGE_HOURS).run(connection)

    def _funnel(self, connection: Connection, since: int) -> tuple[list[Asked], list[Sent]]:
        asked = self._asked.of(first_id("ver", since)).run(connection)
        return asked, self._sent.of(first_id("msg", since)).run(connection)


def _counts(sql: str, *, sqlite: bool) -> str:
    return sql if sqlite else sql.replace("?", "%s")
