"""`POST /webhooks/telnyx`: bytes → signature → event → one durable commit → 200.

Plain ASGI, and nothing is sent from inside the request: Telnyx waits two seconds in all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from bot.commands import Command, EventIgnored
from bot.phone import E164, mask
from storage.writer import Unavailable, Writer
from webhooks.http.asgi import Answer, Disconnected, TooLarge, header, read_body
from webhooks.http.problems import Problem, unavailable
from webhooks.http.timeouts import Timeouts
from webhooks.telnyx.events import Malformed, NotOurNumber, parse
from webhooks.telnyx.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, Verifier

log = logging.getLogger("textlogin.inbound")

PATH = "/webhooks/telnyx"
LARGEST_BODY = 64 * 1024
#: Seconds until 503, with which Telnyx tries again: it would give up on us at two.
PATIENCE = 1.75
_WARNED_NUMBERS = 100

_TAKEN = Answer(200, b"{}", "application/json")
_NOT_POST = Answer.of(
    Problem("method_not_allowed", "Telnyx posts here.", headers={"Allow": "POST"})
)
_TOO_LARGE = Answer.of(Problem("too_large", "A webhook has at most 64 KiB."))
_FORGED = Answer.of(Problem("signature", "This was not signed by Telnyx, or not lately."))
_MALFORMED = Answer.of(Problem("malformed", "This is no event of Telnyx's."))
_UNAVAILABLE = Answer.of(unavailable())


class Inbound:
    """The webhook."""

    def __init__(
        self,
        writer: Writer,
        verifier: Verifier,
        numbers: frozenset[str],
        clock: Callable[[], int],
        timeouts: Timeouts,
    ) -> None:
        self._writer = writer
        self._verifier = verifier
        self._numbers = numbers
        self._clock = clock
        self._timeouts = timeouts
        self._warned: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One delivery of Telnyx's."""
        try:
            with self._timeouts.limit(PATIENCE):
                answer = await self._take(scope, receive)
        except Disconnected:
            return
        except TimeoutError:  # a body that stops halfway, or a commit: that may still come
            answer = _UNAVAILABLE
        await answer(send)

    async def _take(self, scope: Scope, receive: Receive) -> Answer:
        if scope["method"] != "POST":
            return _NOT_POST
        try:
            body = await read_body(scope, receive, LARGEST_BODY)
        except TooLarge:
            return _TOO_LARGE
        timestamp, signature = header(scope, TIMESTAMP_HEADER), header(scope, SIGNATURE_HEADER)
        if not self._verifier.accepts(body, timestamp, signature):
            return _FORGED
        try:
            command = self._known(parse(body, self._numbers, self._clock()))
        except Malformed:
            return _MALFORMED
        try:
            await self._writer.submit(command)
        except Unavailable:
            return _UNAVAILABLE
        return _TAKEN

    def _known(self, command: Command | NotOurNumber) -> Command:
        """A number that the settings lack is worth one warning, not one a text."""
        if not isinstance(command, NotOurNumber):
            return command
        if command.number not in self._warned and len(self._warned) < _WARNED_NUMBERS:
            self._warned.add(command.number)
            masked = mask(command.number) if E164.fullmatch(command.number) else "another sender"
            log.warning("texts arrive for %s, which TELNYX_PHONE_NUMBER lacks", masked)
        return EventIgnored(command.event_id)
