"""`/verify`: the code form, or letters, QR code and live status; then success or why not."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from bot.commands import CodeChecked, ResendRequested
from bot.decoy import as_shown
from bot.outcomes import Found, Limited
from bot.records import Verification
from webhooks.pages.browser import browser_name
from webhooks.pages.cookie import Notice, Visit
from webhooks.pages.fields import fields
from webhooks.pages.qr import draw
from webhooks.pages.site import HOLDER, Site
from webhooks.pages.steps import CODE, LIVE, step_of
from webhooks.pages.typed_code import code_in
from webhooks.pages.web_app import way_back

_MINUTE_S = 60


class Verify:
    """What this browser's verification waits for, or how it ended."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def show(self, request: Request) -> Response:
        """The page of the step that the verification is at."""
        visit = self._site.visit(request)
        known = await self._site.verification(visit)
        step = step_of(known, visit, self._site.clock())
        back = self._way_back(visit, known) if step == "done" else None
        if back is not None:
            return self._site.redirect(request, visit, back)
        if step == "reply" and "type" in request.query_params and self._may_type(visit):
            step = "code"
        return self._page(request, visit, known, step, self._said(request, visit, step))

    async def check(self, request: Request) -> Response:
        """Check the code in the field `token`. A wrong one uses up a try, then redirects."""
        visit, known, given = await self._submitted(request)
        step = step_of(known, visit, self._site.clock())
        if step not in CODE or not self._may_type(visit):
            return self._site.redirect(request, visit, "/verify")
        if "form" in given and given["form"] != self._site.jar.form_tag(known.id):
            return self._to_step(request, visit, Notice("other_tab"))
        typed = given.get("token", "").strip()
        code = code_in(typed, known.digits)
        if code is None:
            error = ("code_bad", {"digits": known.digits}) if typed else ("code_empty", {})
            return self._page(request, visit, known, "code", {"error": error}, 422)
        outcome = await self._site.submit(CodeChecked(known.id, HOLDER, code, discreet=True))
        if isinstance(outcome, Found) and outcome.verification.status == "approved":
            return self._approved(request, visit, outcome.verification)
        return self._to_step(request, visit, Notice("wrong"), typing=step == "reply")

    async def resend(self, request: Request) -> Response:
        """Send another code, unless it is too early."""
        visit, known, _ = await self._submitted(request)
        address = self._site.address(request)
        outcome = await self._site.submit(ResendRequested(known.id, HOLDER, address, discreet=True))
        notice: Notice | None = None
        match outcome:
            case Found():
                notice = Notice("resent")
            case Limited(until=until):
                notice = Notice("resend_refused", until)
        return self._to_step(request, visit, notice)

    async def confirm(self, request: Request) -> Response:
        """The answer to "is this your number?"."""
        visit, known, given = await self._submitted(request)
        if step_of(known, visit, self._site.clock()) != "confirm":
            return self._site.redirect(request, visit, "/verify")
        if given.get("mine") == "yes":
            return self._approved(request, replace(visit, confirmed=True), known)
        rest = Visit(language=visit.language, client=visit.client, state=visit.state)
        response = self._site.page(request, rest, "end", keep=True, **self._site.words("not_mine"))
        return response

    # -- steps -------------------------------------------------------------------------------------

    async def _submitted(self, request: Request) -> tuple[Visit, Verification, dict[str, str]]:
        self._site.check_origin(request)
        given = await fields(request)
        visit = self._site.visit(request)
        return visit, await self._site.verification(visit), given

    def _approved(self, request: Request, visit: Visit, known: Verification) -> Response:
        visit = replace(visit, notice=None)
        return self._site.redirect(request, visit, self._way_back(visit, known) or "/verify")

    def _to_step(
        self, request: Request, visit: Visit, notice: Notice | None, *, typing: bool = False
    ) -> Response:
        to = "/verify?type=1" if typing else "/verify"
        return self._site.redirect(request, replace(visit, notice=notice), to)

    def _way_back(self, visit: Visit, known: Verification) -> str | None:
        """Where the web app wants its user; None without a web app."""
        client = self._site.client(visit)
        if client is None or client.return_to is None or known.client != client.name:
            return None
        return way_back(client.return_to, known.id, visit.state)

    def _may_type(self, visit: Visit) -> bool:
        """Whether the web app accepts a code that is typed on the page."""
        client = self._site.client(visit)
        return client is None or "browser_code" in client.accept

    # -- the page ----------------------------------------------------------------------------------

    def _page(
        self,
        request: Request,
        visit: Visit,
        known: Verification,
        step: str,
        said: dict[str, Any],
        status: int = 200,
    ) -> Response:
        now = self._site.clock()
        shown = as_shown(known, now)
        client = self._site.client(visit)
        if step in ("code", "code_expired", "reply", "confirm", "done"):
            values: dict[str, Any] = {
                "phone": self._site.masked(visit, known),
                "digits": known.digits,
                "minutes": self._site.policy.code_ttl_ms // (_MINUTE_S * 1000),
                "resend_in": _seconds_until(shown.resend_at, now),
                "form": self._site.jar.form_tag(known.id),
                "can_type": self._may_type(visit),
            }
        elif step == "text":
            words = f"LOGIN {known.ref}"
            values = {
                "words": words,
                "number": known.number,
                "sms_uri": f"sms:{known.number}?body={words.replace(' ', '%20')}",
                "qr": draw(f"sms:{known.number}?body={words.replace(' ', '%20')}", words),
                "entry": known.code_entry,
                "browser": browser_name(request),
                "can_type": client is None or "browser_code" in client.accept,
            }
        else:
            return self._site.page(request, visit, "end", status, **self._site.words(step))
        values |= {"written_number": self._site.written_number}
        if said.get("error", ("",))[0] == "code_wrong":
            tries = self._site.sentences(request, visit).tries(shown.attempts_left)
            said = {**said, "error": ("code_wrong", {"tries": tries})}
        watched = known.method == "text" and shown.status == "pending"
        watch = step_of(known, visit, now) if watched else ""
        return self._site.page(
            request, visit, step, status, live=step in LIVE, watch=watch, **values, **said
        )

    def _said(self, request: Request, visit: Visit, step: str) -> dict[str, Any]:
        """The error or the notice that the last request left for this page."""
        match visit.notice:
            case Notice(kind="wrong") if step in CODE:
                return {"error": ("code_wrong", {})}
            case Notice(kind="resend_refused", until=until):
                seconds = _seconds_until(until, self._site.clock())
                if not seconds:
                    return {}
                when = self._site.sentences(request, visit).wait(seconds)
                return {"error": ("resend_refused", {"when": when})}
            case Notice(kind=kind) if step in CODE:
                return {"notice": kind}
            case _:
                return {}


def _seconds_until(at: int | None, now: int) -> int:
    """Whole seconds, rounded up; 0 once it is past."""
    return max(-(-((at or 0) - now) // 1000), 0)
