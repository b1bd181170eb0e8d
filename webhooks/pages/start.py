"""`GET /` and `POST /request`: the phone form, and what opens a verification."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from bot.commands import CancelRequested, ResendRequested, VerificationRequested
from bot.decoy import as_shown
from bot.outcomes import Found, Limited, Mismatch, Outcome, Replayed
from bot.phone import LONGEST_INPUT, canonical, mask, region_of
from bot.records import Verification
from webhooks.clients.authentication import Client
from webhooks.pages.browser import accepted_languages, browser_name, label
from webhooks.pages.cookie import Visit
from webhooks.pages.countries import MOST_NAMED, example
from webhooks.pages.fields import fields
from webhooks.pages.refusal import Refusal
from webhooks.pages.site import HOLDER, Site
from webhooks.pages.web_app import BadLink, client_of

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


class Start:
    """The way in: a phone number, or a text from the phone."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def form(self, request: Request) -> Response:
        """The phone form. Changes nothing. Raises Refusal for parameters that do not fit."""
        visit = self._site.visit(request)
        try:
            client = client_of(request.query_params, self._site.clients)
        except BadLink:
            raise Refusal("bad_link", 400) from None
        if client is None:
            return self._form(request, visit, keep=bool(visit.verification or visit.client))
        state = request.query_params["state"]
        visit = Visit(language=visit.language, client=client.name, state=state)
        return self._form(request, visit, keep=True)

    async def request(self, request: Request) -> Response:
        """Open a verification for the phone in the form; without one, for a text from it."""
        if request.method != "POST":
            return self._site.redirect(request, self._site.visit(request), "/")
        self._site.check_origin(request)
        given = await fields(request)
        visit = self._site.visit(request)
        if visit.client and self._site.client(visit) is None:
            raise Refusal("bad_link", 400)
        if "phone" not in given:
            return await self._open_text(request, visit)
        return await self._open_sms(request, visit, given)

    # -- by code -----------------------------------------------------------------------------------

    async def _open_sms(self, request: Request, visit: Visit, given: dict[str, str]) -> Response:
        typed, region = given["phone"].strip(), self._region(given)
        phone = canonical(typed, region) if typed else None
        if phone is None:
            error = ("phone_bad", {"example": example(region)}) if typed else ("phone_empty", {})
            return self._form(request, visit, 422, error, given)
        if not self._site.policy.allows(region_of(phone)):
            return self._form(request, visit, 422, self._region_error(request, visit), given)
        tag = self._site.jar.phone_tag(phone)
        if visit.tag == tag and await self._goes_on(request, visit):
            return self._site.redirect(request, replace(visit, notice=None), "/verify")
        outcome = await self._ask(request, visit, phone, given.get("once", ""))
        if isinstance(outcome, Limited):
            return self._limited(request, visit, outcome, given)
        assert isinstance(outcome, Found | Replayed), outcome
        await self._give_up(visit, outcome.verification.id)
        opened = self._opened(visit, outcome.verification)
        return self._site.redirect(request, replace(opened, tag=tag, masked=mask(phone)), "/verify")

    async def _ask(self, request: Request, visit: Visit, phone: str, once: str) -> Outcome:
        """Ask for a code; the same form sent twice asks once."""
        command = self._sms_command(request, visit, phone)
        if not _NONCE.fullmatch(once):
            return await self._site.submit(command)
        outcome = await self._site.submit(replace(command, idempotency_key=f"_pages {once}"))
        if isinstance(outcome, Mismatch) or (
            isinstance(outcome, Replayed) and not self._is_open(outcome.verification)
        ):
            return await self._site.submit(command)
        return outcome

    def _sms_command(self, request: Request, visit: Visit, phone: str) -> VerificationRequested:
        command = self._command(request, visit)
        about = "\0".join((phone, command.client))
        return replace(
            command,
            method="sms",
            refs=(),
            phone=phone,
            code_entry="page",
            origin=self._site.host,
            fingerprint=hashlib.sha256(about.encode()).hexdigest(),
            discreet=True,
        )

    async def _goes_on(self, request: Request, visit: Visit) -> bool:
        """Whether this browser's login with this phone is still open. Sends another code if it is
        time: the number was typed again to get one."""
        try:
            known = await self._site.verification(visit)
        except Refusal:
            return False
        if not self._is_open(known) or known.client != self._site.client_name(visit):
            return False
        address = self._site.address(request)
        await self._site.submit(ResendRequested(known.id, HOLDER, address, discreet=True))
        return True

    # -- by text -----------------------------------------------------------------------------------

    async def _open_text(self, request: Request, visit: Visit) -> Response:
        if await self._waits_for_text(visit):
            return self._site.redirect(request, replace(visit, notice=None), "/verify")
        outcome = await self._site.submit(self._command(request, visit))
        if isinstance(outcome, Limited):
            return self._limited(request, visit, outcome, {})
        assert isinstance(outcome, Found), outcome
        await self._give_up(visit, outcome.verification.id)
        return self._site.redirect(request, self._opened(visit, outcome.verification), "/verify")

    async def _waits_for_text(self, visit: Visit) -> bool:
        """Whether this browser shows letters already, that nobody has texted."""
        try:
            known = await self._site.verification(visit)
        except Refusal:
            return False
        return known.claimed_at is None and known.method == "text" and self._is_open(known)

    # -- both --------------------------------------------------------------------------------------

    def _limited(
        self, request: Request, visit: Visit, outcome: Limited, given: dict[str, str]
    ) -> Response:
        """Too much was asked for from this address, which says nothing about a phone."""
        seconds = -(-(outcome.until - outcome.now) // 1000)
        when = self._site.sentences(request, visit).wait(seconds)
        return self._form(request, visit, 429, ("address_limited", {"when": when}), given)

    def _command(self, request: Request, visit: Visit) -> VerificationRequested:
        """For a text from the phone."""
        client = self._site.client(visit)
        return VerificationRequested(
            client=self._site.client_name(visit),
            method="text",
            number=self._site.number,
            refs=self._site.new_refs(),
            code_entry=client.code_entry if client else "reply",
            label=label(visit.client, browser_name(request)),
            locale=self._site.sentences(request, visit).language,
            origin=self._site.host,
            callback_url=client.callback_url if client else None,
            address=self._site.address(request),
        )

    async def _give_up(self, visit: Visit, newer: str) -> None:
        """Cancel what this browser asked for before."""
        if visit.verification and visit.verification != newer:
            await self._site.submit(CancelRequested(visit.verification, HOLDER))

    def _opened(self, visit: Visit, opened: Verification) -> Visit:
        return Visit(
            language=visit.language,
            verification=opened.id,
            client=visit.client,
            state=visit.state,
        )

    def _is_open(self, known: Verification) -> bool:
        return as_shown(known, self._site.clock()).status == "pending"

    # -- the form ----------------------------------------------------------------------------------

    def _form(
        self,
        request: Request,
        visit: Visit,
        status: int = 200,
        error: tuple[str, dict[str, Any]] | None = None,
        given: dict[str, str] | None = None,
        *,
        keep: bool = False,
    ) -> Response:
        countries, language = self._site.countries, self._site.sentences(request, visit).language
        given = given or {}
        region = given.get("region") or countries.preferred(accepted_languages(request))
        return self._site.page(
            request,
            visit,
            "phone",
            status,
            error=error,
            typed=given.get("phone", "")[:LONGEST_INPUT],
            countries=countries.choices(language),
            region=region,
            has_hint=countries.needs_hint,
            once=secrets.token_urlsafe(18),
            can_type=_can_type(self._site.client(visit)),
            keep=keep,
        )

    def _region(self, given: dict[str, str]) -> str:
        """How a number without a `+` is read."""
        chosen = given.get("region", "")
        return chosen if chosen in self._site.countries.allowed else self._site.countries.default

    def _region_error(self, request: Request, visit: Visit) -> tuple[str, dict[str, Any]]:
        names = self._site.countries.names(self._site.sentences(request, visit).language)
        if len(names) > MOST_NAMED:
            return "phone_region_many", {}
        return "phone_region", {"regions": ", ".join(names)}


def _can_type(client: Client | None) -> bool:
    """Whether a code that is typed on the page lets anybody in."""
    return client is None or "browser_code" in client.accept
