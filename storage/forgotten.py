"""The opt-outs of forgotten phones: keyed hashes, from which no phone can be read.

When a forgotten phone comes back, its opt-out becomes a plain row again. Looked for only where the
phone has no row, and only while there are such hashes.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from typing import Any, Protocol

from bot.records import Conversation, Phone
from bot.snapshot import Snapshot
from storage.statements import Statements


class Source(Protocol):
    """What the hashes are read from: a transaction."""

    def read(self, queries: list[Any]) -> list[list[Any]]:
        """The records that each query finds, in one round trip."""


class OptOutHashes:
    """HMAC-SHA256 of a phone and our number under the service's own key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, phone: str, number: str) -> str:
        """64 hex digits."""
        return hmac.digest(self._key, f"{phone} {number}".encode(), "sha256").hex()


class Forgotten:
    """Restores opt-outs. `hashes` is None while there is nothing to look for."""

    def __init__(self, statements: Statements, numbers: Collection[str]) -> None:
        self._rows = statements.forgotten_opt_outs
        self._numbers = numbers
        self.hashes: OptOutHashes | None = None

    def restore(self, source: Source, phones: Collection[str], snapshot: Snapshot) -> None:
        """Add the opt-outs of those of these phones that have no row."""
        hashes = self.hashes
        unknown = set(phones) - snapshot.rows.phones.keys()
        if hashes is None or not unknown:
            return
        pairs = {
            hashes.of(phone, number): (phone, number)
            for phone in unknown
            for number in self._numbers
        }
        ((*found,),) = source.read([self._rows.find("hash", pairs.keys())])
        for one in found:
            phone, number = pairs[one.hash]
            opted_out = Conversation(
                phone, number, opted_out_at=one.opted_out_at, own_stop_at=one.own_stop_at
            )
            snapshot.restore(one.hash, Phone(phone), opted_out)
