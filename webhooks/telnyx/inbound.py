"""`POST /webhooks/telnyx`: bytes → signature → event → command → COMMIT → 200.

A plain ASGI function. No message is sent during the request: Telnyx waits 2 s for the answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from time import perf_counter

from starlette.types import Receive, Scope, Send

from bot.commands import Command, DeliveryReported, EventIgnored, TextReceived
from bot.outcomes import Duplicate
from bot.phone import E164, mask
from bot.vocabulary import Vocabulary
from storage.clock import Clock
from storage.errors import Unavailable
from storage.writer import Writer
from webhooks.http.asgi import Answer, Disconnected, TooLarge, begin_request, header, read_body
from webhooks.http.limits import WEBHOOK_BODY_BYTES
from webhooks.http.problems import Problem, unavailable
from webhooks.http.timeouts import Timeouts
from webhooks.telnyx.events import Malformed, NotOurNumber, parse
from webhooks.telnyx.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, Fault, Verifier

log = logging.getLogger("textlogin.inbound")

PATH = "/webhooks/telnyx"
#: At most this many unknown numbers are logged, each of them once.
_MAX_LOGGED_NUMBERS = 100

#: The kinds of webhook event.
_KINDS: Mapping[type, str] = {TextReceived: "text", DeliveryReported: "receipt"}

_ACCEPTED = Answer(200, b"{}", "application/json")
_NOT_POST = Answer.of(
    Problem("method_not_allowed", "Only POST is allowed.", headers={"Allow": "POST"})
)
_TOO_LARGE = Answer.of(
    Problem("too_large", f"The body is larger than {WEBHOOK_BODY_BYTES // 1024} KiB.")
)
_NOT_SIGNED = Answer.of(
    Problem("signature", "The signature is missing, wrong or older than 5 minutes.")
)
_MALFORMED = Answer.of(Problem("malformed", "Not a valid Telnyx event."))
_UNAVAILABLE = Answer.of(unavailable())


class _Seen:
    """What is known of a webhook by the time it is answered."""

    __slots__ = ("event", "outcome")

    def __init__(self) -> None:
        self.event = "unknown"
        self.outcome = "refused"


class Inbound:
    """The webhook endpoint, an ASGI application."""

    def __init__(
        self,
        writer: Writer,
        verifier: Verifier,
        numbers: frozenset[str],
        vocabulary: Vocabulary,
        clock: Clock,
        timeouts: Timeouts,
        answer_timeout_s: float,
        refused: Callable[[str], None],
        answered: Callable[[str, str, float], None] | None = None,
    ) -> None:
        """`refused` is told why a webhook is refused, `answered` the kind of each webhook event,
        how it was answered and after how many seconds."""
        self._writer = writer
        self._verifier = verifier
        self._numbers = numbers
        self._vocabulary = vocabulary
        self._clock = clock
        self._timeouts = timeouts
        self._answer_timeout_s = answer_timeout_s
        self._logged_numbers: set[str] = set()
        self._refused = refused
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one webhook: 200 once its command is committed, 503 after `answer_timeout_s` or
        after an unexpected error."""
        began_at = perf_counter()
        begin_request(scope)
        seen = _Seen()
        try:
            with self._timeouts.limit(self._answer_timeout_s):
                answer = await self._answer(scope, receive, seen)
        except Disconnected:
            return
        except TimeoutError:  # reading the body, or committing: the commit may still happen
            answer = _UNAVAILABLE
        except Exception:
            log.exception("Unexpected error while handling a webhook, answered 503")
            answer = _UNAVAILABLE  # not 500: Telnyx delivers the webhook again
        await answer(send)
        if self._answered is not None:
            outcome = seen.outcome if answer is not _UNAVAILABLE else "unavailable"
            self._answered(seen.event, outcome, perf_counter() - began_at)

    async def _answer(self, scope: Scope, receive: Receive, seen: _Seen) -> Answer:
        if scope["method"] != "POST":
            return _NOT_POST
        try:
            body = await read_body(scope, receive, WEBHOOK_BODY_BYTES)
        except TooLarge:
            self._refused("too_large")
            return _TOO_LARGE
        fault = self._fault(scope, body)
        if fault is not None:
            self._refused(fault)
            return _NOT_SIGNED
        try:
            command = self._known(parse(body, self._numbers, self._vocabulary, self._clock))
        except Malformed:
            self._refused("malformed")
            return _MALFORMED
        seen.event = _KINDS.get(type(command), "other")
        try:
            outcome = await self._writer.submit(command)
        except Unavailable:
            return _UNAVAILABLE
        seen.outcome = "duplicate" if outcome.__class__ is Duplicate else "accepted"
        return _ACCEPTED

    def _fault(self, scope: Scope, body: bytes) -> Fault | None:
        timestamp, signature = header(scope, TIMESTAMP_HEADER), header(scope, SIGNATURE_HEADER)
        return self._verifier.fault(body, timestamp, signature)

    def _known(self, command: Command | NotOurNumber) -> Command:
        """The command to submit: for a text to a number that is not ours, `EventIgnored`."""
        if not isinstance(command, NotOurNumber):
            return command
        self._log_once(command.number)
        return EventIgnored(command.event_id)

    def _log_once(self, number: str) -> None:
        """One warning per number, not one per text."""
        if number in self._logged_numbers or len(self._logged_numbers) >= _MAX_LOGGED_NUMBERS:
            return
        self._logged_numbers.add(number)
        masked = mask(number) if E164.fullmatch(number) else "a number that is not E.164"
        log.warning("Received a text to %s, which is not in TELNYX_PHONE_NUMBER", masked)
