"""What a decision needs and must not create itself: new ids, random seeds, leases on send slots."""

from __future__ import annotations

from typing import Protocol


class Ids(Protocol):
    """Makes ids and seeds. `storage.ids` is the production one; tests use a counter."""

    def id(self, prefix: str, now: int) -> str:
        """A new id: `prefix_`, the time and 128 random bits, so that ids sort by age."""

    def seed(self) -> str:
        """128 random bits, 32 hex digits."""


class Slots(Protocol):
    """The send slots of this process; `storage.send_slots` is the production one."""

    def lease(self, now: int) -> tuple[str | None, int]:
        """Owner of a new message and the end of its lease (ms); (None, 0) if no slot is free."""
