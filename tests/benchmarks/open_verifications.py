"""Verifications that wait for a LOGIN, written to the database directly."""

from __future__ import annotations

from bot.records import Verification
from storage.clock import wall_clock
from storage.database import Database
from storage.ids import Ids
from storage.statements import Statements
from tests.benchmarks.webhook_signer import NUMBER

_LIFETIME_MS = 3_600_000
_BATCH = 1000


def open_verifications(url: str, many: int) -> list[str]:
    """The ids of so many new ones."""
    database, ids, now = Database(url), Ids(), wall_clock()
    opened = [_waiting(ids.id("ver", now), now) for _ in range(many)]
    rows = Statements(sqlite=database.is_sqlite).verifications
    with database.writing.connect() as connection:
        for start in range(0, many, _BATCH):
            with connection.begin():
                rows.write(opened[start : start + _BATCH]).run(connection)
    database.dispose()
    return [verification.id for verification in opened]


def _waiting(id: str, now: int) -> Verification:
    return Verification(
        id=id,
        revision=1,
        client="bench",
        method="text",
        code_entry="reply",
        status="pending",
        awaiting="login",
        phone=None,
        number=NUMBER,
        created_at=now,
        expires_at=now + _LIFETIME_MS,
        attempts_left=5,
    )
