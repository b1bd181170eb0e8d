"""A database with history: a million phones that logged in during the last month."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import Connection

from bot import duplicates
from bot.commands import TextReceived
from bot.intents import Code, Login
from bot.records import DAY_MS, MINUTE_MS, Message, Phone, Verification, WebhookEvent
from storage.clock import wall_clock
from storage.database import Database
from storage.ids import Ids
from storage.statements import Statements
from tests.benchmarks.phones import Phones
from tests.benchmarks.webhook_signer import NUMBER

PHONES = 1_000_000
_BATCH = 5_000
_DURATION_MS = 30 * DAY_MS
_MEMORY_MS = 6 * MINUTE_MS
_PARAMS = '{"app":"Textlogin","minutes":"5"}'
_FAST_PRAGMAS = ("synchronous=OFF", "cache_size=-1000000")


def fill(url: str, phones: Phones, many: int = PHONES) -> None:
    """Write a verification, three messages and two receipts for each of so many phones.

    SQLite only. The indexes are created at the end: to update them all the time takes minutes
    longer.
    """
    database = Database(url)
    history = _History(wall_clock() - _DURATION_MS - DAY_MS, _DURATION_MS / many)
    with database.writing.connect() as connection:
        for pragma in _FAST_PRAGMAS:
            _run_outside_transaction(connection, f"PRAGMA {pragma}")
        indexes = _drop_indexes(connection)
        for _ in range(0, many, _BATCH):
            with connection.begin():
                history.write(connection, phones.take(min(_BATCH, many)))
        with connection.begin():
            for index in indexes:
                connection.exec_driver_sql(index)
        _run_outside_transaction(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()


class _History:
    """Rows of one phone after the other, `step_ms` apart."""

    def __init__(self, start_ms: float, step_ms: float) -> None:
        self._now_ms = start_ms
        self._step_ms = step_ms
        self._fresh = Ids()
        self._rows = Statements(sqlite=True)

    def write(self, connection: Connection, phones: list[str]) -> None:
        """Write all rows of these phones."""
        stored: list[Phone] = []
        verifications: list[Verification] = []
        messages: list[Message] = []
        events: list[WebhookEvent] = []
        for phone in phones:
            self._now_ms += self._step_ms
            now = int(self._now_ms)
            verification = self._approved(phone, now)
            sent = [self._sent(phone, now, kind, verification.id) for kind in ("code", "approved")]
            stored.append(_after_login(Phone(phone, str(now)), now))
            verifications.append(verification)
            messages += [*sent, self._sent(phone, now, "hint")]
            events += [_receipt(message, now) for message in sent]
        self._rows.phones.write(stored).run(connection)
        self._rows.verifications.write(verifications).run(connection)
        self._rows.messages.write(messages).run(connection)
        self._rows.events.write(events).run(connection)

    def _approved(self, phone: str, now: int) -> Verification:
        return Verification(
            id=self._fresh.id("ver", now),
            revision=3,
            client=None,
            method="text",
            code_entry="reply",
            status="approved",
            awaiting=None,
            phone=phone,
            number=NUMBER,
            created_at=now,
            expires_at=now + 900_000,
            attempts_left=5,
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

    def _sent(self, phone: str, now: int, kind: str, verification_id: str | None = None) -> Message:
        return Message(
            id=self._fresh.id("msg", now),
            phone=phone,
            number=NUMBER,
            kind=kind,
            locale="en",
            params=_PARAMS,
            created_at=now,
            send_before=now + 300_000,
            verification_id=verification_id,
            code=1 if kind == "code" else None,
            state="sent",
            lease_owner="00112233445566ff",
            lease_until=now + 6_000,
            provider_id=str(uuid4()),
            delivery="delivered",
        )


def _after_login(phone: Phone, now: int) -> Phone:
    """The phone after it texted LOGIN and its code."""
    for intent in (Login(), Code("482915")):
        text = TextReceived(str(uuid4()), str(uuid4()), phone.phone, NUMBER, intent, now)
        phone = duplicates.remember(phone, text, now, _MEMORY_MS) or phone
    return phone


def _receipt(message: Message, now: int) -> WebhookEvent:
    return WebhookEvent(
        event_id=str(uuid4()),
        kind="receipt",
        message_id=message.provider_id,
        status="delivered",
        error=None,
        unmatched=None,
        received_at=now,
    )


def _run_outside_transaction(connection: Connection, statement: str) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(statement)


def _drop_indexes(connection: Connection) -> list[str]:
    """Drop the indexes; the statements that create them again."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    with connection.begin():
        found = connection.exec_driver_sql(query).all()
        for name, _ in found:
            connection.exec_driver_sql(f"DROP INDEX {name}")
    return [statement for _, statement in found]
