"""The account at Telnyx: what it accepted, whom it may not text, how each number fares.

No HTTP and no waiting: `app` asks, `delivery` carries the news.
"""

from collections.abc import Callable, Iterator

from webhooks.sandbox.events import message_answer
from webhooks.sandbox.idempotency import Replays, digest
from webhooks.sandbox.keywords import autoresponse
from webhooks.sandbox.messages import Message, Wanted
from webhooks.sandbox.recent import Recent
from webhooks.sandbox.refusals import RefusalError, error
from webhooks.sandbox.texts import Text

LIMIT = 10_000
OPTED_OUT, LANDLINE, SHAKY, BROKEN, RATE_LIMITED = "0300", "0001", "0006", "0500", "0429"
SHAKY_FAILURES = 2


class Telnyx:
    """At most `limit` messages, keys and opted-out phones are remembered, the oldest go first."""

    def __init__(self, now: Callable[[], float], *, limit: int = LIMIT) -> None:
        self._now = now
        self._messages: Recent[str, Message] = Recent(limit)
        self._replays = Replays(now, limit=limit)
        self._opted_out: Recent[str, None] = Recent(limit)
        self._failures: Recent[str | bytes, int] = Recent(limit)

    def send(self, wanted: Wanted, raw: bytes, key: str | None) -> tuple[bytes, Message | None]:
        """The answer's JSON, and the message unless the answer is an earlier one given again."""
        answer = self._replays.find(key, raw)
        if answer is not None:
            return answer, None
        self._refuse(wanted.to, key or digest(raw))
        message = Message(wanted, received_at=self._now())
        self._messages[message.id] = message
        answer = message_answer(message)
        self._replays.keep(key, raw, answer)
        return answer, message

    def leave(self, message: Message) -> None:
        """The message goes out to the carrier."""
        message.status = "sent"
        message.sent_at = self._now()

    def finalize(self, message: Message) -> None:
        """The carrier said how it ended."""
        message.completed_at = self._now()
        message.status = "delivered"
        if _is_landline(message):
            message.status = "delivery_failed"
            message.errors.append(error("40001", "The destination can't receive texts."))

    def hear(self, text: Text) -> None:
        """Opt-out holds for the whole account, as for numbers of one messaging profile."""
        match autoresponse(text.text):
            case "STOP":
                self._opted_out[text.sender] = None
            case "START":
                self._opted_out.pop(text.sender, None)

    def find(self, message_id: str) -> Message:
        """One message, or 404."""
        message = self._messages.get(message_id)
        if message is None:
            raise RefusalError(404, "10005", "The requested resource or URL could not be found.")
        return message

    def got(self, phone_number: str | None) -> Iterator[Message]:
        """What reaches a phone, or all phones, oldest first; a landline gets nothing."""
        for message in self._messages.values():
            if phone_number in (None, message.wanted.to) and not _is_landline(message):
                yield message

    def _refuse(self, to: str, attempt: str | bytes) -> None:
        if to in self._opted_out or to.endswith(OPTED_OUT):
            raise RefusalError(
                400, "40300", "Messages to this number are blocked by a STOP message."
            )
        if to.endswith(BROKEN):
            raise RefusalError(500, "10007", "An unexpected error occurred.")
        if to.endswith(RATE_LIMITED):
            raise RefusalError(429, "10011", "You have exceeded the maximum number of requests.")
        if to.endswith(SHAKY):
            self._shake(attempt)

    def _shake(self, attempt: str | bytes) -> None:
        failures = self._failures.pop(attempt, 0)
        if failures < SHAKY_FAILURES:
            self._failures[attempt] = failures + 1
            raise RefusalError(503, "40006", "The recipient server is unavailable. Try again.")


def _is_landline(message: Message) -> bool:
    return message.wanted.to.endswith(LANDLINE)
