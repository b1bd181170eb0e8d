"""The messages leased to this process, in the order in which they are sent."""

from __future__ import annotations

from collections import deque

from bot.outbound import Outbound, urgency
from bot.records import Message
from storage.send_slots import SendSlots


class SendQueue:
    """Urgent texts go first. Each phone is sent one message at a time, in order of arrival.

    Each held message occupies a send slot until it is dropped.
    """

    def __init__(self, slots: SendSlots) -> None:
        self._slots = slots
        self._held: dict[str, Outbound] = {}
        #: By `urgency`.
        self._queues: tuple[deque[Message], ...] = (deque(), deque(), deque())
        #: Phones with a message that is queued or being sent, each with the messages that follow.
        self._following: dict[str, deque[Message]] = {}

    def held_ids(self) -> tuple[str, ...]:
        """The ids of the messages that are queued or being sent."""
        return tuple(self._held)

    def held(self, id: str) -> Outbound | None:
        """The message with this id, unless it was dropped."""
        return self._held.get(id)

    def add(self, outbound: Outbound) -> None:
        """Hold a message, or renew the lease of one that is held."""
        message = outbound.message
        is_renewal = message.id in self._held
        self._held[message.id] = outbound
        if is_renewal:  # the old lease has expired, and the new one took a slot of its own
            self._slots.release()
        elif message.phone in self._following:
            self._following[message.phone].append(message)
        else:
            self._following[message.phone] = deque()
            self._push(message)

    def drop(self, id: str) -> None:
        """Stop holding a message. `pop` may still return it, but `held` no longer does."""
        if self._held.pop(id, None) is not None:
            self._slots.release()

    def pop(self) -> Message | None:
        """The next message to send. Its phone's next one waits for `finish`."""
        return next((queue.popleft() for queue in self._queues if queue), None)

    def finish(self, phone: str) -> None:
        """The popped message of this phone is done: queue the one that follows it."""
        following = self._following[phone]
        if following:
            self._push(following.popleft())
        else:
            del self._following[phone]

    def drop_following(self, phone: str) -> tuple[str, ...]:
        """Drop what follows the popped message of this phone. Returns the ids that were held."""
        following = self._following[phone]
        ids = tuple(message.id for message in following if message.id in self._held)
        following.clear()
        for id in ids:
            self.drop(id)
        return ids

    def _push(self, message: Message) -> None:
        self._queues[urgency(message)].append(message)
