"""A database with a past: a million phones that logged in during the last month."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import Connection

from bot import replay
from bot.commands import TextReceived
from bot.records import DAY, Event, Message, Phone, Verification
from bot.understanding import Code, Login
from storage.database import Database
from storage.dialect import Dialect
from storage.fresh import ProcessFresh
from storage.writer import wall_clock
from tests.benchmarks.requests import NUMBER, Phones

PHONES = 1_000_000
_BATCH = 5_000
_SPAN = 30 * DAY
_PARAMS = '{"app":"Textlogin","minutes":"5"}'


def fill(url: str, phones: Phones, many: int = PHONES) -> None:
    """A verification, three messages and two receipts for each of so many phones.

    SQLite only. Indexes are left for the end, which is minutes faster than keeping them.
    """
    database = Database(url)
    rows = Dialect(sqlite=True)
    past = _Past(wall_clock() - _SPAN - DAY, _SPAN / many)
    with database.writing.connect() as connection:
        driver = connection.connection.driver_connection  # outside transactions, that is
        assert driver is not None
        for pragma in ("synchronous=OFF", "cache_size=-1000000"):
            driver.execute(f"PRAGMA {pragma}")
        indexes = _drop_indexes(connection)
        for _ in range(0, many, _BATCH):
            with connection.begin():
                past.write(connection, rows, phones.take(min(_BATCH, many)))
        with connection.begin():
            for index in indexes:
                connection.exec_driver_sql(index)
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()


class _Past:
    """Phones one after the other, `step` ms apart."""

    def __init__(self, start: float, step: float) -> None:
        self._now = start
        self._step = step
        self._fresh = ProcessFresh()

    def write(self, connection: Connection, rows: Dialect, phones: list[str]) -> None:
        known: list[Phone] = []
        verifications: list[Verification] = []
        messages: list[Message] = []
        events: list[Event] = []
        for phone in phones:
            self._now += self._step
            now = int(self._now)
            verification = self._approved(phone, now)
            sent = [self._sent(phone, now, verification, kind) for kind in ("code", "approved")]
            known.append(_texted(Phone(phone, str(now)), now))
            verifications.append(verification)
            messages += [*sent, self._sent(phone, now, None, "hint")]
            events += [_receipt(message, now) for message in sent]
        rows.phones.write(connection, known)
        rows.verifications.write(connection, verifications)
        rows.messages.write(connection, messages)
        rows.events.write(connection, events)

    def _approved(self, phone: str, now: int) -> Verification:
        return Verification(
            self._fresh.id("ver", now),
            3,
            None,
            "text",
            "reply",
            "approved",
            None,
            phone,
            NUMBER,
            now,
            now + 900_000,
            5,
            claimed_at=now,
            binding="sms_reply",
            delivery="delivered",
            secret_id="0a1b2c3d",
            codes=1,
            code_expires_at=now + 300_000,
            resend_at=now + 60_000,
            completed_at=now + 20_000,
            spent="0a1b2c3d00112233445566778899aabb",
        )

    def _sent(self, phone: str, now: int, verification: Verification | None, kind: str) -> Message:
        return Message(
            self._fresh.id("msg", now),
            phone,
            NUMBER,
            kind,
            "en",
            _PARAMS,
            now,
            now + 300_000,
            verification.id if verification else None,
            1 if kind == "code" else None,
            state="sent",
            lease_owner="00112233445566ff",
            lease_until=now + 6_000,
            provider_id=str(uuid4()),
            delivery="delivered",
        )


def _texted(phone: Phone, now: int) -> Phone:
    """LOGIN, and the code."""
    for intent in (Login(), Code("482915")):
        text = TextReceived(str(uuid4()), str(uuid4()), phone.phone, NUMBER, intent, now)
        phone = replay.remember(phone, text) or phone
    return phone


def _receipt(message: Message, now: int) -> Event:
    provider = message.provider_id
    return Event(str(uuid4()), "receipt", provider, "delivered", None, None, now)


def _drop_indexes(connection: Connection) -> list[str]:
    """Drops them; the statements that bring them back."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    with connection.begin():
        found = connection.exec_driver_sql(query).all()
        for name, _ in found:
            connection.exec_driver_sql(f"DROP INDEX {name}")
    return [statement for _, statement in found]
