"""What support reads: the rows about one phone or one verification, and counts by day.

Plain reads, for `Reader.run` or a connection of a command. Every one of them begins at a time, and
finds rows by their ids, which are ordered by time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

#: Of one phone: at most so many of its newest verifications, and of the texts of their times.
MOST_VERIFICATIONS, MOST_MESSAGES = 50, 300
#: After a verification's end, the texts about it still come.
_MARGIN_MS = 60_000
#: A region is found in the first characters of a number.
_START = 8
#: From a time (ms) until before another one.
Span = tuple[int, int]

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
        self._messages = rows.messages.select("WHERE id >= ? AND id < ? AND phone = ? ORDER BY id")
        self._verifications = rows.verifications.select(
            "WHERE phone = ? AND created_at >= ? ORDER BY created_at DESC, id DESC "
            f"LIMIT {MOST_VERIFICATIONS}"
        )
        self._callbacks = rows.callbacks.select(
            f"WHERE {rows.callbacks.one_of('client')} AND id >= ? AND id < ? "
            f"AND {rows.callbacks.one_of('verification_id')} ORDER BY id"
        )
        self._usage = rows.usage.select("WHERE hour >= ?")
        self._counts = [_counts(sql, sqlite=sqlite) for sql in (_OPT_OUTS, _CALLBACKS)]
        self._asked = Select(_ASKED, [Asked], sqlite=sqlite)
        self._sent = Select(_SENT, [Sent], sqlite=sqlite)

    def of_phone(self, phone: str, days: int) -> Callable[[Connection], Records]:
        """A phone's verifications of the last `days`, the texts of their times and of the last 24
        hours: to find all texts of a phone would need an index, which each text would pay for."""

        def read(connection: Connection) -> Records:
            now = self._now(connection)
            since = now - days * DAY_MS
            found = self._verifications.of(phone, since).run(connection)
            today = (now - DAY_MS, now + DAY_MS)
            return self._about(connection, now, phone, found[::-1], today)

        return read

    def of_verification(self, id: str) -> Callable[[Connection], Records | None]:
        """One verification, the texts of its time, and its phone; None if there is none."""

        def read(connection: Connection) -> Records | None:
            now = self._now(connection)
            found = self._rows.verifications.find("id", [id]).run(connection)
            if not found:
                return None
            return self._about(connection, now, found[0].phone, found)

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
        *more: Span,
    ) -> Records:
        """`more` are further spans of time whose texts count."""
        spans = merged([*more, *_spans(verifications)])
        callbacks = self._callbacks_of(connection, verifications, spans)
        if phone is None:
            return Records(now, None, verifications=verifications, callbacks=callbacks)
        rows = self._rows
        known = rows.phones.find("phone", [phone]).run(connection)
        texts: list[Message] = []
        for since, until in spans:
            found = self._messages.of(first_id("msg", since), first_id("msg", until), phone)
            texts += found.run(connection)
        return Records(
            now,
            phone,
            known=known[0] if known else None,
            conversations=rows.conversations.find("phone", [phone]).run(connection),
            verifications=verifications,
            messages=texts[-MOST_MESSAGES:],
            callbacks=callbacks,
            guards=rows.guards.find("key", guard.keys(phone, None, None)).run(connection),
            usage=self._used(connection, now),
        )

    def _callbacks_of(
        self, connection: Connection, verifications: list[Verification], spans: list[Span]
    ) -> list[Callback]:
        clients = list({one.client for one in verifications if one.client and one.callback_url})
        ids = [one.id for one in verifications]
        found: list[Callback] = []
        for since, until in spans if clients else ():
            limits = first_id("evt", since), first_id("evt", until)
            found += self._callbacks.of(clients, *limits, ids).run(connection)
        return found

    def _used(self, connection: Connection, now: int) -> list[Usage]:
        return self._usage.of(hour_of(now) - USAGE_HOURS).run(connection)

    def _funnel(self, connection: Connection, since: int) -> tuple[list[Asked], list[Sent]]:
        asked = self._asked.of(first_id("ver", since)).run(connection)
        return asked, self._sent.of(first_id("msg", since)).run(connection)


def _spans(verifications: list[Verification]) -> Iterator[Span]:
    """When something may have been sent about them."""
    for one in verifications:
        end = one.completed_at or one.created_at + LONGEST_LIFE_MS
        yield one.created_at, end + _MARGIN_MS
        if one.repudiated_at is not None:
            yield one.repudiated_at, one.repudiated_at + _MARGIN_MS


def merged(spans: list[Span]) -> list[Span]:
    """The spans in order, those that overlap as one."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((since, until))
    return found


def _counts(sql: str, *, sqlite: bool) -> str:
    return sql if sqlite else sql.replace("?", "%s")
