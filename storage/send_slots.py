"""Send slots: how many messages this process may hold for its sender.

A message is created with a lease on a slot, so that the usual path needs no query to claim it.
Without a free slot it waits in the outbox for any process that has one.
"""

from __future__ import annotations

import secrets

from bot.policy import SEND_LEASE_MS

#: The most messages that one process holds.
CAPACITY = 1000


class SendSlots:
    """The production `bot.inputs.Slots`.

    No lock is needed: only the writer's thread changes the number of leased slots, and only the
    event loop's thread changes the number of released ones.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.owner = secrets.token_hex(8)
        self._capacity = capacity
        self._leased = 0
        self._released = 0

    @property
    def in_use(self) -> int:
        """Slots that are leased and not released."""
        return self._leased - self._released

    @property
    def free(self) -> int:
        """How many more messages the sender may hold."""
        return max(self._capacity - self.in_use, 0)

    # -- the writer's thread -------------------------------------------------------------------

    def lease(self, now: int) -> tuple[str | None, int]:
        """This process and the end of the lease (ms); (None, 0) if no slot is free."""
        if self.in_use >= self._capacity:
            return None, 0
        self._leased += 1
        return self.owner, now + SEND_LEASE_MS

    def mark(self) -> int:
        """The state before a batch, for `settle`."""
        return self._leased

    def settle(self, mark: int, kept: int = 0) -> None:
        """End the batch that began at `mark` and keep that many of its leases.

        A batch that was rolled back keeps none; a message withdrawn in its own batch needs none.
        """
        self._leased = mark + kept

    # -- the event loop ------------------------------------------------------------------------

    def release(self) -> None:
        """Free the slot of one message that the sender has finished."""
        self._released += 1
