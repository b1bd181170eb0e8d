"""Which processes are gone while they hold leases (PostgreSQL).

Each process holds an advisory lock on its LISTEN connection, in the name of its lease owner. The
server releases it when the process ends or its connection breaks. The lock is a shared one: a
process that reconnects need not wait until the server notices that its last connection is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

#: Rows read at each end of a queue, so that a long queue costs no more than a short one.
_ROWS = 1000
#: After a restart of the server, every process must get the chance to connect.
GRACE_S = 2.0
#: Between two sightings of an absence.
APART_S = 0.3

#: Owners of queued messages and callbacks, other than the parameter, without a lock. Locks are
#: read only if there is such an owner.
ABSENT = f"""
WITH holders AS MATERIALIZED (
    SELECT DISTINCT lease_owner AS owner FROM (
        (SELECT lease_owner FROM messages WHERE state = 'queued' ORDER BY id LIMIT {_ROWS})
        UNION ALL
        (SELECT lease_owner FROM messages WHERE state = 'queued' ORDER BY id DESC LIMIT {_ROWS})
        UNION ALL
        (SELECT lease_owner FROM callbacks WHERE state = 'queued'
         ORDER BY not_before LIMIT {_ROWS})
    ) AS queued
)
SELECT owner FROM holders
WHERE owner <> %s AND owner ~ '^[0-9a-f]{{16}}$' AND owner <> ALL (ARRAY(
    SELECT lpad(to_hex(classid::bigint), 8, '0') || lpad(to_hex(objid::bigint), 8, '0')
    FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
))
"""


def hold(owner: str) -> str:
    """The statement that takes the lock of `owner`, 16 hex digits, until the session ends."""
    key = int.from_bytes(bytes.fromhex(owner), signed=True)
    return f"SELECT pg_advisory_lock_shared({key})"


class Absences:
    """What one connection has seen since it was opened at `connected_s`, a monotonic time."""

    def __init__(self, connected_s: float) -> None:
        self._counts_from_s = connected_s + GRACE_S
        self._since_s: dict[str, float] = {}

    def lost(self, absent: Collection[str], now_s: float) -> Sequence[str]:
        """Owners that are absent now and were so `APART_S` ago, and each time in between.

        They are reported each time, until their leases are free or have ended.
        """
        if now_s < self._counts_from_s:
            return []
        self._since_s = {owner: self._since_s.get(owner, now_s) for owner in sorted(absent)}
        return [owner for owner, since_s in self._since_s.items() if now_s - since_s >= APART_S]
