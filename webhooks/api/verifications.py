"""The JSON API of `/v1/verifications`: one function a call. Reading one is in `poll`."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.codes import poll_token
from bot.commands import (
    Access,
    CancelRequested,
    CodeChecked,
    Command,
    Redeemed,
    ResendRequested,
    VerificationRequested,
)
from bot.intents import REF_ALPHABET, REF_LENGTH
from bot.outcomes import (
    AlreadyFinished,
    Found,
    Limited,
    Mismatch,
    NoCode,
    NotFound,
    Outcome,
    Replayed,
)
from bot.phone import canonical
from bot.records import CodeEntry, Verification
from storage.errors import Unavailable
from webhooks import verification_json
from webhooks.api.bodies import NewVerification, TypedCode, idempotency_key, read, read_nothing
from webhooks.clients.authentication import Client, check_id, not_found
from webhooks.http.client_ip import client_address, counted, networks
from webhooks.http.limits import ANSWER_TIMEOUT_S
from webhooks.http.problems import Problem, invalid, unavailable
from webhooks.service import Service

_REF_CANDIDATES = 3
_RECENT = 15 * 60_000
_PAGE, _LARGEST_PAGE = 20, 100
_CURSOR = re.compile(r"ver_[0-9a-f]{47}", re.ASCII)
_FIND_PARAMETERS = frozenset({"phone_number", "created_after", "limit", "after"})


class Verifications:
    """The calls, on one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._trusted = networks(service.settings.trusted_proxies)

    def routes(self) -> list[Route]:
        """Paths as the contract names them."""
        one = "/v1/verifications/{id}"
        return [
            Route("/v1/verifications", self.collection, methods=["GET", "POST"]),
            Route(f"{one}/check", self.check, methods=["POST"]),
            Route(f"{one}/resend", self.resend, methods=["POST"]),
            Route(f"{one}/cancel", self.cancel, methods=["POST"]),
            Route(f"{one}/redeem", self.redeem, methods=["POST"]),
        ]

    async def collection(self, request: Request) -> Response:
        """One route, so that a 405 names both methods."""
        return await (self.create if request.method == "POST" else self.find)(request)

    async def create(self, request: Request) -> Response:
        """Opens a verification: by text, or with a code that goes out now."""
        client = self._service.clients.client(request.scope)
        key = idempotency_key(request)
        wanted = await read(request, NewVerification)
        outcome = await self._submit(self._command(client, wanted, key))
        if isinstance(outcome, Mismatch):
            raise Problem("idempotency_mismatch", "This Idempotency-Key came with another body.")
        verification = _verification(outcome)
        token = poll_token(self._service.policy.secrets, verification.id)
        now = self._service.clock()
        shown = verification_json.present(verification, now, poll_token=token)
        headers = {
            "Location": f"/v1/verifications/{verification.id}",
            **_headers(verification, now),
        }
        if isinstance(outcome, Replayed):
            headers["Idempotency-Replayed"] = "true"
        return Response(verification_json.encode(shown), 201, headers, "application/json")

    async def find(self, request: Request) -> Response:
        """A phone's verifications that this web app may see, newest first."""
        client = self._service.clients.client(request.scope)
        query = request.query_params
        if unknown := next((name for name in query if name not in _FIND_PARAMETERS), None):
            raise invalid(unknown[:100], "There is no such parameter.")
        now = self._service.clock()
        limit = _limit(query.get("limit"))
        try:
            found = await self._service.reader.verifications_of(
                self._phone(_plus(query.get("phone_number", ""))),
                client=client.name,
                standalone=client.access.standalone,
                since=_created_after(query.get("created_after"), now - _RECENT),
                before=_cursor(query.get("after")),
                limit=limit + 1,
            )
        except Unavailable:
            raise unavailable() from None
        page = found[:limit]
        shown = [verification_json.present(verification, now) for verification in page]
        following = page[-1].id if len(found) > limit else None
        return Response(
            verification_json.encode_page(shown, following),
            headers={"Cache-Control": "no-store"},
            media_type="application/json",
        )

    async def check(self, request: Request) -> Response:
        """A code typed in the browser."""
        id, access = self._one(request)
        typed = await read(request, TypedCode)
        return await self._carry_out(CodeChecked(id, access, typed.code), access)

    async def resend(self, request: Request) -> Response:
        """Another code to the same phone. A browser's own address is counted, a web app's not."""
        id, access = self._one(request)
        await read_nothing(request)
        address = client_address(request.scope, self._trusted) if access.client is None else None
        return await self._carry_out(ResendRequested(id, access, address), access)

    async def cancel(self, request: Request) -> Response:
        """Ends it."""
        id, access = self._one(request)
        await read_nothing(request)
        return await self._carry_out(CancelRequested(id, access), access)

    async def redeem(self, request: Request) -> Response:
        """The approval becomes its one login."""
        access = self._service.clients.client(request.scope).access
        id = request.path_params["id"]
        check_id(id)
        await read_nothing(request)
        return await self._carry_out(Redeemed(id, access), access)

    def _one(self, request: Request) -> tuple[str, Access]:
        id = request.path_params["id"]
        access = self._service.clients.access(request.scope, id)
        check_id(id)
        return id, access

    def _command(
        self, client: Client, wanted: NewVerification, key: str | None
    ) -> VerificationRequested:
        requester = wanted.requester
        return VerificationRequested(
            client.name,
            wanted.method,
            self._service.policy.numbers[0],
            tuple(_ref() for _ in range(_REF_CANDIDATES)) if wanted.method == "text" else (),
            phone=self._wanted_phone(wanted),
            code_entry=_code_entry(client, wanted),
            reference=wanted.reference,
            label=requester.label if requester else None,
            locale=wanted.locale or "en",
            life=wanted.expires_in * 1000 if wanted.expires_in else None,
            origin=client.host,
            callback_url=self._callback_url(client, wanted),
            address=counted(requester.ip) if requester and requester.ip else None,
            idempotency_key=f"{client.name} {key}" if key else None,
            fingerprint=hashlib.sha256(wanted.model_dump_json().encode()).hexdigest(),
        )

    def _wanted_phone(self, wanted: NewVerification) -> str | None:
        if wanted.phone_number is not None:
            return self._phone(wanted.phone_number)
        if wanted.method == "sms":
            raise invalid("phone_number", "is needed with method sms")
        return None

    def _phone(self, typed: str) -> str:
        phone = canonical(typed, self._service.settings.default_region)
        if phone is None:
            raise invalid("phone_number", "is no phone number")
        return phone

    def _callback_url(self, client: Client, wanted: NewVerification) -> str | None:
        if wanted.callback_url is None:
            return client.callback_url
        if client.callback_secret is None:
            raise invalid("callback_url", "is for web apps registered with `textlogin clients add`")
        if not self._service.callbacks.may_call(wanted.callback_url):
            raise invalid("callback_url", "must be an https URL of a public host")
        return wanted.callback_url

    async def _submit(self, command: Command) -> Outcome:
        try:
            with self._service.timeouts.limit(ANSWER_TIMEOUT_S):
                return await self._service.writer.submit(command)
        except (Unavailable, TimeoutError):
            raise unavailable() from None

    async def _carry_out(self, command: Command, access: Access) -> Response:
        """The object after a command. Raises Problem."""
        verification = _verification(await self._submit(command))
        now = self._service.clock()
        shown = verification_json.present(verification, now, masked=access.client is None)
        headers = _headers(verification, now)
        return Response(verification_json.encode(shown), 200, headers, "application/json")


def _verification(outcome: Outcome) -> Verification:
    """What a command found. Raises Problem where it found a refusal."""
    match outcome:
        case Found(verification) | Replayed(verification):
            return verification
        case AlreadyFinished(status):
            raise Problem("over", f"The verification is {status}.", verification_status=status)
        case NoCode():
            raise Problem("no_code", "No code is alive, and no phone waits for one.")
        case Limited():
            raise _limited(outcome)
        case NotFound():
            raise not_found()
    raise AssertionError(outcome)


def _headers(verification: Verification, now: int) -> dict[str, str]:
    return {"ETag": verification_json.etag(verification, now), "Cache-Control": "no-store"}


def _code_entry(client: Client, wanted: NewVerification) -> CodeEntry:
    if wanted.method == "sms":
        if wanted.code_entry == "reply":
            raise invalid("code_entry", "is page with method sms: the code is typed there")
        entry: CodeEntry = "page"
    else:
        entry = wanted.code_entry or client.code_entry
    binding = "browser_code" if entry == "page" else "sms_reply_ref"
    if binding not in client.accept:
        raise invalid("code_entry", f"{entry} would give {binding}, which this web app refuses")
    return entry


def _limited(refusal: Limited) -> Problem:
    seconds = max(-(-(refusal.until - refusal.now) // 1000), 1)
    return Problem(
        "limited",
        f"No other code may be asked for in the next {seconds} s.",
        headers={"Retry-After": str(seconds)},
        limit=refusal.limit,
        retry_after=seconds,
    )


def _limit(typed: str | None) -> int:
    if typed is None:
        return _PAGE
    if not re.fullmatch("[0-9]{1,3}", typed, re.ASCII) or not 1 <= int(typed) <= _LARGEST_PAGE:
        raise invalid("limit", f"is a whole number from 1 to {_LARGEST_PAGE}")
    return int(typed)


def _created_after(typed: str | None, default: int) -> int:
    """RFC 3339 as ms; without a zone it is UTC."""
    if typed is None:
        return default
    try:
        moment = datetime.fromisoformat(typed.replace(" ", "+"))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise invalid("created_after", "is a time like 2026-01-31T12:00:00Z") from None


def _cursor(typed: str | None) -> str | None:
    if typed is not None and not _CURSOR.fullmatch(typed):
        raise invalid("after", "is the `next` of an earlier page")
    return typed


def _ref() -> str:
    return "".join(secrets.choice(REF_ALPHABET) for _ in range(REF_LENGTH))


def _plus(typed: str) -> str:
    """An unescaped + arrives as a space."""
    return "+" + typed[1:] if typed.startswith(" ") else typed
