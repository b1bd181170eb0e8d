"""`bot.inputs.Slots` of a process that always has a free send slot."""

from __future__ import annotations

from bot.policy import SEND_LEASE_MS


class FreeSlots:
    """Leases to `owner`; without an owner no slot is free."""

    def __init__(self) -> None:
        self.owner: str | None = "this process"

    def lease(self, now: int) -> tuple[str | None, int]:
        return (self.owner, now + SEND_LEASE_MS) if self.owner else (None, 0)
