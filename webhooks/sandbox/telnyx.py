"""The account at Telnyx: its messages, the phones that opted out, the phones that fail.

No HTTP and no waiting here: `app` serves it, `delivery` posts its webhooks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from webhooks.sandbox.address import is_number
from webhooks.sandbox.clock import RealClock
from webhooks.sandbox.events import PROFILE_ID, message_answer
from webhooks.sandbox.idempotency import Replays, digest
from webhooks.sandbox.keywords import ANSWERS, autoresponse
from webhooks.sandbox.messages import Message, Wanted
from webhooks.sandbox.profile import Profile
from webhooks.sandbox.recent import Recent
from webhooks.sandbox.refusals import RefusalError, error
from webhooks.sandbox.texts import Text
from webhooks.sandbox.times import iso

LIMIT = 10_000
# The last digits of phones that behave specially.
OPTED_OUT, SHAKY, BROKEN, RATE_LIMITED = "0300", "0006", "0500", "0429"
SHAKY_FAILURES = 2
#: Accepted, but not delivered: what the receipt says.
_UNDELIVERED = {
    "0001": ("40001", "The destination can't receive texts."),
    "0010": ("40010", "The sending number is not registered for 10DLC."),
}


@dataclass(frozen=True, slots=True)
class OptOut:
    """A STOP: the number that was texted, the word, and when (ms, by the wall clock)."""

    number: str
    keyword: str
    at: int


class Telnyx:
    """Keeps at most `limit` messages, keys and opted-out phones; the oldest are dropped first.

    `profile` says where webhooks go.
    """

    def __init__(self, clock: RealClock, *, profile: Profile, limit: int = LIMIT) -> None:
        self._clock = clock
        self._profile = profile
        self._messages: Recent[str, Message] = Recent(limit)
        self._replays = Replays(self._now, limit=limit)
        self._opted_out: Recent[str, OptOut] = Recent(limit)
        self._failures: Recent[str | bytes, int] = Recent(limit)

    def send(self, wanted: Wanted, raw: bytes, key: str | None) -> tuple[bytes, Message | None]:
        """The JSON answer and the message, or an earlier answer and None. Raises RefusalError."""
        answer = self._replays.find(key, raw)
        if answer is not None:
            return answer, None
        self._refuse(wanted, key or digest(raw))
        message = self._accept(wanted)
        answer = message_answer(message)
        self._replays.keep(key, raw, answer)
        return answer, message

    def leave(self, message: Message) -> None:
        """Mark the message as sent to the carrier."""
        message.status = "sent"
        message.sent_at = self._now()

    def finalize(self, message: Message) -> None:
        """Record how the delivery by the carrier ended."""
        message.completed_at = self._now()
        message.status = "delivered"
        if undelivered := _undelivered(message):
            message.status = "delivery_failed"
            message.errors.append(error(*undelivered))

    def receive(self, text: Text) -> None:
        """Record an opt-out or opt-in, and answer a keyword.

        They apply to every number, as in a messaging profile. The answer reaches a phone that has
        opted out too, and no webhook reports it.
        """
        keyword = autoresponse(text.text)
        if keyword == "STOP":
            word = text.text.strip().upper()
            self._opted_out[text.sender] = OptOut(text.to, word, self._clock.wall())
        elif keyword == "START":
            self._opted_out.pop(text.sender, None)
        if keyword is not None and is_number(text.sender):
            answer = self._accept(Wanted(text.to, text.sender, ANSWERS[keyword]))
            self.leave(answer)
            self.finalize(answer)

    def opt_outs(self) -> list[dict[str, Any]]:
        """OptOutItem of each phone that has opted out, newest first. `from` is our number."""
        found = sorted(self._opted_out.items(), key=lambda item: -item[1].at)
        return [
            {
                "from": opt_out.number,
                "to": phone,
                "keyword": opt_out.keyword,
                "messaging_profile_id": PROFILE_ID,
                "created_at": iso(opt_out.at),
            }
            for phone, opt_out in found
        ]

    def find(self, message_id: str) -> Message:
        """The message with this id. Raises a 404."""
        message = self._messages.get(message_id)
        if message is None:
            raise RefusalError(404, "10005", "The requested resource or URL could not be found.")
        return message

    def got(self, phone_number: str | None) -> Iterator[Message]:
        """The messages to one phone, or to all, oldest first, without the undeliverable."""
        for message in self._messages.values():
            if phone_number in (None, message.wanted.to) and not _undelivered(message):
                yield message

    def _now(self) -> float:
        return self._clock.wall() / 1000

    def _accept(self, wanted: Wanted) -> Message:
        webhooks = wanted.webhooks
        if wanted.use_profile_webhooks and self._profile.webhook_url:
            webhooks += (self._profile.webhook_url,)
        message = Message(wanted, webhooks, received_at=self._now(), created_at=self._clock())
        self._messages[message.id] = message
        return message

    def _refuse(self, wanted: Wanted, attempt: str | bytes) -> None:
        to = wanted.to
        if to in self._opted_out or to.endswith(OPTED_OUT):
            raise RefusalError(
                400,
                "40300",
                f"Messages cannot be sent from '{wanted.sender}' to '{to}' due to an existing "
                "block rule.",
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


def _undelivered(message: Message) -> tuple[str, str] | None:
    """Code and detail of the error that ends the delivery, if any."""
    return _UNDELIVERED.get(message.wanted.to[-4:])
