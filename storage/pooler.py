"""Whether a pooler between the service and PostgreSQL keeps sessions.

Settings, advisory locks, prepared statements and LISTEN belong to a session. In PgBouncer's
transaction mode each transaction may run in another one: changes would not be seen, and locks
would stay behind in sessions that others use.
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack, closing
from typing import Any

import psycopg

from storage.postgresql import LOCK_TIMEOUT_MS, SERVER_TIMEOUTS, Servers

_MODE = (
    "The pooler in DATABASE_URL runs in transaction mode. The service needs sessions: set "
    "pool_mode=session for this database, or connect to PostgreSQL directly."
)
_IGNORES = (
    "The pooler in DATABASE_URL drops the service's timeouts. Take options out of its "
    "ignore_startup_parameters: the service then sets them in another way."
)
#: A setting of ours that no other program uses.
_MARK = "textlogin.session"
_READ = f"SELECT current_setting('{_MARK}', true)"


class UnfitPooler(RuntimeError):
    """The service cannot work through this pooler; the message says what to change."""


def check(servers: Servers) -> None:
    """Look for a pooler that the service cannot work through. On a direct connection this takes
    one query. Raises UnfitPooler, and psycopg.Error if no server can be reached."""
    with closing(servers.connect([], autocommit=True)) as connection:
        (pid,) = _row(connection.execute("SELECT pg_backend_pid()"))
        # Poolers give their clients process ids of their own.
        if pid == connection.info.backend_pid:
            return
    if not _keeps_sessions(servers):
        raise UnfitPooler(_MODE)
    # After the mode: settings would stay behind in a session that others use.
    with closing(servers.connect(SERVER_TIMEOUTS, autocommit=True)) as connection:
        if _row(connection.execute("SHOW lock_timeout")) != (f"{LOCK_TIMEOUT_MS}ms",):
            raise UnfitPooler(_IGNORES)


def _keeps_sessions(servers: Servers) -> bool:
    """Mark a session, open a transaction on a second connection, and look for the mark on both."""
    mark = secrets.token_hex(8)
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(closing(servers.connect([], autocommit=True))) for _ in range(2)
        )
        first.execute("SELECT set_config(%s, %s, false)", (_MARK, mark))
        try:
            second.execute("BEGIN")
        except psycopg.errors.ProtocolViolation:  # statement mode
            return False
        (elsewhere,) = _row(second.execute(_READ.encode()))
        (here,) = _row(first.execute(_READ.encode()))
        return bool(here == mark and elsewhere != mark)


def _row(found: psycopg.Cursor[Any]) -> tuple[Any, ...]:
    row = found.fetchone()
    assert row is not None
    return tuple(row)
