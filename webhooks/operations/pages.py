"""The operator pages: today's figures, and the history of a phone or a verification.

What they change passes through the writer as commands. Each action, and each number that is shown
in full, is logged with the address that asked for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.commands import OPERATOR, CancelRequested, Command, UnlockRequested
from bot.outcomes import AlreadyFinished, NotFound, Outcome
from bot.phone import canonical, mask
from bot.policy import Policy
from bot.wording import Catalogue
from storage.errors import Unavailable
from storage.histories import Histories, Records
from storage.queries import Reader
from webhooks.operations.looks import Looks
from webhooks.operations.overview import Limits, facts
from webhooks.operations.same_origin import check_origin
from webhooks.pages.refusal import Refusal
from webhooks.support.funnel import funnel
from webhooks.support.history import history

#: How many days back the history of a phone goes.
DAYS = 30
_DONE = {
    "canceled": "The verification is canceled.",
    "unlocked": "The phone is unlocked: it may reply by text, and pages may ask for codes.",
    "over": "The verification was over already.",
}
_REFUSALS = {
    "unknown": ("Nothing found", "There is no phone number and no verification like that."),
    "cross_origin": ("Not from here", "Another page sent this form. Nothing was changed."),
    "unavailable": ("Not possible now", "The database does not answer. Try again in a moment."),
}


class Report(Protocol):
    """Writes one line into the log."""

    def __call__(self, event: str, **fields: Any) -> None:
        """An event and its fields."""


class OperatorPages:
    """`submit` returns a command's outcome after the commit; `limits` counts refusals."""

    def __init__(
        self,
        *,
        looks: Looks,
        reader: Reader,
        histories: Histories,
        submit: Callable[[Command], Awaitable[Outcome]],
        policy: Policy,
        catalogue: Catalogue,
        limits: Limits,
        report: Report,
    ) -> None:
        self._looks = looks
        self._reader = reader
        self._histories = histories
        self._submit = submit
        self._policy = policy
        self._catalogue = catalogue
        self._limits = limits
        self._report = report

    def routes(self) -> list[Route]:
        """The routes. Each page answers a Refusal with a sentence."""
        return [
            Route("/", self._guarded(self.overview)),
            Route("/find", self._guarded(self.find)),
            Route("/phones/{key}", self._guarded(self.phone)),
            Route("/phones/{key}/reveal", self._guarded(self.reveal), methods=["POST"]),
            Route("/phones/{key}/unlock", self._guarded(self.unlock), methods=["POST"]),
            Route("/verifications/{id}", self._guarded(self.verification)),
            Route("/verifications/{id}/cancel", self._guarded(self.cancel), methods=["POST"]),
            *self._looks.routes(),
        ]

    # -- pages ---------------------------------------------------------------------------------

    async def overview(self, request: Request) -> Response:
        """Today's figures."""
        day = await self._reader.run(self._histories.today)
        outbox = await self._reader.outbox()
        shown = facts(day, outbox, self._limits(), self._policy)
        return self._looks.page("overview", rows=funnel(day.asked, day.sent), facts=shown)

    async def find(self, request: Request) -> Response:
        """To the page of the number or id that was typed."""
        typed = request.query_params.get("q", "").strip()
        if typed.startswith("ver_"):
            return self._looks.redirect(f"/verifications/{quote(typed)}")
        return self._looks.redirect(f"/phones/{quote(self._number(typed), safe='+')}")

    async def phone(self, request: Request) -> Response:
        """Everything about a phone."""
        key = request.path_params["key"]
        return self._history(request, await self._of_phone(key), key)

    async def verification(self, request: Request) -> Response:
        """One verification and the texts of its time."""
        id = request.path_params["id"]
        return self._history(request, await self._of_verification(id), id, one=True)

    # -- actions -------------------------------------------------------------------------------

    async def reveal(self, request: Request) -> Response:
        """The page of a phone, with its number."""
        key = request.path_params["key"]
        records = await self._of_phone(key)
        self._log(request, "reveal", phone=records.phone)
        return self._history(request, records, key, reveal=True)

    async def unlock(self, request: Request) -> Response:
        """End every lock of a phone."""
        key = request.path_params["key"]
        records = await self._of_phone(key)
        await self._submit(UnlockRequested(records.phone or ""))
        self._log(request, "unlock", phone=records.phone)
        return self._looks.redirect(f"/phones/{quote(key, safe='+')}?done=unlocked")

    async def cancel(self, request: Request) -> Response:
        """End a verification."""
        id = request.path_params["id"]
        outcome = await self._submit(CancelRequested(id, OPERATOR))
        if isinstance(outcome, NotFound):
            raise Refusal("unknown", 404)
        done = "over" if isinstance(outcome, AlreadyFinished) else "canceled"
        self._log(request, "cancel", verification=id)
        return self._looks.redirect(f"/verifications/{quote(id)}?done={done}")

    # -- parts ---------------------------------------------------------------------------------

    def _guarded(
        self, page: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            try:
                check_origin(request)
                return await page(request)
            except Unavailable:
                refusal = Refusal("unavailable", 503)
            except Refusal as refused:
                refusal = refused
            title, words = _REFUSALS[refusal.name]
            return self._looks.page("message", refusal.status, title=title, words=words)

        return guarded

    async def _of_phone(self, key: str) -> Records:
        """`key` is a number, or the id of one of its verifications: links name no number."""
        number = (await self._of_verification(key)).phone if key.startswith("ver_") else key
        phone = self._number(number or "")
        return await self._reader.run(self._histories.of_phone(phone, DAYS))

    async def _of_verification(self, id: str) -> Records:
        found = await self._reader.run(self._histories.of_verification(id))
        if found is None:
            raise Refusal("unknown", 404)
        return found

    def _number(self, typed: str) -> str:
        number = canonical(typed, self._policy.default_region)
        if number is None:
            raise Refusal("unknown", 404)
        return number

    def _history(
        self,
        request: Request,
        records: Records,
        key: str,
        *,
        one: bool = False,
        reveal: bool = False,
    ) -> Response:
        told = history(records, self._policy, self._catalogue, reveal=reveal)
        return self._looks.page(
            "history",
            told=told,
            others=told.other_lines(),
            key=key,
            one=one,
            days=DAYS,
            revealed=reveal,
            done=_DONE.get(request.query_params.get("done", "")),
        )

    def _log(
        self, request: Request, action: str, *, phone: str | None = None, verification: str = ""
    ) -> None:
        fields = {
            "action": action,
            "verification": verification or None,
            "phone": mask(phone) if phone else None,
            "address": request.client.host if request.client else None,
        }
        self._report("operator", **{name: one for name, one in fields.items() if one is not None})
