"""The JSON API of `/v1/verifications`: one function a call."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.codes import poll_token
from bot.commands import Access, CodeChecked, Command, Redeemed, VerificationRequested
from bot.phone import canonical
from bot.records import Verification
from bot.snapshot import Found, Limited, NoCode, NotFound, Over
from bot.understanding import REF_ALPHABET, REF_LENGTH
from bot.verification import may_see
from storage.writer import Unavailable
from webhooks import representation
from webhooks.access import check_id, not_found
from webhooks.inbound import patiently
from webhooks.problems import Problem, unavailable
from webhooks.requests import NewVerification, TypedCode, invalid, read
from webhooks.service import Service

_REF_CANDIDATES = 3
_RECENT = 15 * 60_000
_MOST = 100


class Verifications:
    """The calls, on one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """Paths as the contract names them."""
        one = "/v1/verifications/{id}"
        return [
            Route("/v1/verifications", self.collection, methods=["GET", "POST"]),
            Route(one, self.show, methods=["GET"]),
            Route(f"{one}/check", self.check, methods=["POST"]),
            Route(f"{one}/redeem", self.redeem, methods=["POST"]),
        ]

    async def collection(self, request: Request) -> Response:
        """One route, so that a 405 names both methods."""
        return await (self.create if request.method == "POST" else self.find)(request)

    async def create(self, request: Request) -> Response:
        """Opens a verification: by text, or with a code that goes out now."""
        client = self._service.clients.client(request.scope)
        wanted = await read(request, NewVerification)
        command = VerificationRequested(
            client.name,
            wanted.method,
            self._service.policy.numbers[0],
            tuple(_ref() for _ in range(_REF_CANDIDATES)) if wanted.method == "text" else (),
            phone=self._phone(wanted),
            code_entry=_code_entry(wanted),
            reference=wanted.reference,
        )
        verification = await self._carry_out(command)
        token = poll_token(self._service.policy.secrets, verification.id)
        now = self._service.clock()
        shown = representation.present(verification, now, poll_token=token)
        return Response(
            representation.encode(shown),
            201,
            {
                "Location": f"/v1/verifications/{verification.id}",
                "ETag": representation.etag(verification, now),
                "Cache-Control": "no-store",
            },
            "application/json",
        )

    async def show(self, request: Request) -> Response:
        """One verification, or 304 where the ETag is still true."""
        id = request.path_params["id"]
        access = self._service.clients.access(request.scope, id)
        verification = await self._read(id, access)
        tag = representation.etag(verification, self._service.clock())
        if _names(request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "no-store"})
        return self._object(verification, access)

    async def find(self, request: Request) -> Response:
        """A phone's verifications of the last 15 minutes, newest first."""
        client = self._service.clients.client(request.scope)
        typed = request.query_params.get("phone_number")
        if typed is None:
            raise invalid("phone_number", "is needed")
        phone = canonical(_plus(typed), self._service.settings.default_region)
        if phone is None:
            raise invalid("phone_number", "is no phone number")
        now = self._service.clock()
        try:
            found = await self._service.reader.verifications_of(
                phone, client=client.name, standalone=True, since=now - _RECENT, limit=_MOST
            )
        except Unavailable:
            raise unavailable() from None
        shown = [representation.present(verification, now) for verification in found]
        return Response(
            representation.encode_list(shown),
            headers={"Cache-Control": "no-store"},
            media_type="application/json",
        )

    async def check(self, request: Request) -> Response:
        """A code typed in the browser."""
        id = request.path_params["id"]
        access = self._service.clients.access(request.scope, id)
        typed = await read(request, TypedCode)
        return self._object(await self._carry_out(CodeChecked(id, access, typed.code)), access)

    async def redeem(self, request: Request) -> Response:
        """The approval becomes its one login."""
        client = self._service.clients.client(request.scope)
        access = Access(client.name, standalone=True)
        id = request.path_params["id"]
        check_id(id)
        return self._object(await self._carry_out(Redeemed(id, access)), access)

    async def _read(self, id: str, access: Access) -> Verification:
        try:
            verification = await self._service.reader.verification(id)
        except Unavailable:
            raise unavailable() from None
        if verification is None or not may_see(access, verification, self._service.clock()):
            raise not_found()
        return verification

    async def _carry_out(self, command: Command) -> Verification:
        """The verification after a command. Raises Problem."""
        try:
            outcome = await patiently(self._service.writer.submit(command))
        except Unavailable:
            raise unavailable() from None
        match outcome:
            case Found(verification):
                return verification
            case Over(status):
                raise Problem("over", f"The verification is {status}.", verification_status=status)
            case NoCode():
                raise Problem("no_code", "No code is alive: there is nothing to compare with.")
            case Limited():
                raise _limited(outcome)
            case NotFound():
                raise not_found()
        raise AssertionError(outcome)

    def _phone(self, wanted: NewVerification) -> str | None:
        if wanted.phone_number is None:
            if wanted.method == "sms":
                raise invalid("phone_number", "is needed with method sms")
            return None
        phone = canonical(wanted.phone_number, self._service.settings.default_region)
        if phone is None:
            raise invalid("phone_number", "is no phone number")
        return phone

    def _object(self, verification: Verification, access: Access) -> Response:
        now = self._service.clock()
        shown = representation.present(verification, now, masked=access.client is None)
        headers = {
            "ETag": representation.etag(verification, now),
            "Cache-Control": "no-store",
        }
        return Response(representation.encode(shown), 200, headers, "application/json")


def _code_entry(wanted: NewVerification) -> str:
    if wanted.method == "sms":
        if wanted.code_entry == "reply":
            raise invalid("code_entry", "is page with method sms: the code is typed there")
        return "page"
    return wanted.code_entry or "reply"


def _limited(refusal: Limited) -> Problem:
    seconds = max(-(-(refusal.until - refusal.now) // 1000), 1)
    return Problem(
        "limited",
        f"No other code may go to this phone for {seconds} s.",
        headers={"Retry-After": str(seconds)},
        limit=refusal.limit,
        retry_after=seconds,
    )


def _names(if_none_match: str | None, tag: str) -> bool:
    """Whether the header names this ETag (RFC 9110, section 13.1.2: weak comparison)."""
    if not if_none_match:
        return False
    tags = [part.strip().removeprefix("W/") for part in if_none_match.split(",")]
    return tag in tags or "*" in tags


def _ref() -> str:
    return "".join(secrets.choice(REF_ALPHABET) for _ in range(REF_LENGTH))


def _plus(typed: str) -> str:
    """An unescaped + arrives as a space."""
    return "+" + typed[1:] if typed.startswith(" ") else typed
