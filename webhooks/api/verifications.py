"""The calls under `/v1/verifications`, except reading or watching one (`watch`) and its QR code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.codes import poll_token
from bot.commands import Access, CancelRequested, CodeChecked, Command, Redeemed, ResendRequested
from bot.outcomes import Mismatch, Outcome, Replayed
from bot.policy import Policy
from bot.records import Verification
from storage.errors import Unavailable
from storage.queries import Reader
from webhooks import verification_json
from webhooks.api import list_query
from webhooks.api.bodies import NewVerification, TypedCode, idempotency_key, read, read_nothing
from webhooks.api.list_query import ListQuery
from webhooks.api.new_verification import CommandBuilder
from webhooks.api.outcomes import verification_of
from webhooks.api.refs import Refs
from webhooks.clients.authentication import Client, Clients, check_id
from webhooks.http.client_ip import ClientAddresses
from webhooks.http.paths import VERIFICATION_PATH, VERIFICATION_PREFIX, VERIFICATIONS_PATH
from webhooks.http.problems import Problem, unavailable
from webhooks.http.timeouts import Timeouts

_JSON = "application/json"
_NO_STORE = {"Cache-Control": "no-store"}


class Verifications:
    """One method per call. `submit` hands a command to the writer and returns its outcome after
    the commit; without one after `answer_timeout_s` seconds, the answer is 503. `may_call(url)`
    tells whether callbacks may be posted to a URL."""

    def __init__(
        self,
        *,
        clients: Clients,
        reader: Reader,
        submit: Callable[[Command], Awaitable[Outcome]],
        timeouts: Timeouts,
        answer_timeout_s: float,
        clock: Callable[[], int],
        policy: Policy,
        refs: Refs,
        default_region: str,
        addresses: ClientAddresses,
        may_call: Callable[[str], bool],
    ) -> None:
        self._clients = clients
        self._reader = reader
        self._submit_command = submit
        self._timeouts = timeouts
        self._answer_timeout_s = answer_timeout_s
        self._clock = clock
        self._secrets = policy.secrets
        self._default_region = default_region
        self._addresses = addresses
        self._commands = CommandBuilder(
            number=policy.numbers[0],
            refs=refs,
            default_region=default_region,
            may_call=may_call,
        )

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route(VERIFICATIONS_PATH, self.collection, methods=["GET", "POST"]),
            Route(f"{VERIFICATION_PATH}/check", self.check, methods=["POST"]),
            Route(f"{VERIFICATION_PATH}/resend", self.resend, methods=["POST"]),
            Route(f"{VERIFICATION_PATH}/cancel", self.cancel, methods=["POST"]),
            Route(f"{VERIFICATION_PATH}/redeem", self.redeem, methods=["POST"]),
        ]

    async def collection(self, request: Request) -> Response:
        """One route for both methods, so that the `Allow` of a 405 names both."""
        return await (self.create if request.method == "POST" else self.find)(request)

    async def create(self, request: Request) -> Response:
        """Open a verification. Answers 201, also when the `Idempotency-Key` was used before."""
        client = self._clients.client(request.scope)
        key = idempotency_key(request)
        wanted = await read(request, NewVerification)
        outcome = await self._submit(self._commands.build(client, wanted, key))
        if isinstance(outcome, Mismatch):
            raise Problem(
                "idempotency_mismatch", "This Idempotency-Key was used with a different body."
            )
        return self._created(verification_of(outcome), replayed=isinstance(outcome, Replayed))

    async def find(self, request: Request) -> Response:
        """A phone's recent verifications that this web app may see, newest first."""
        client = self._clients.client(request.scope)
        now = self._clock()
        query = list_query.parse(request.query_params, self._default_region, now)
        found = await self._read(client, query)
        page = found[: query.limit]
        next_cursor = page[-1].id if len(found) > query.limit else None
        shown = [verification_json.present(verification, now) for verification in page]
        body = verification_json.encode_page(shown, next_cursor)
        return Response(body, headers=_NO_STORE, media_type=_JSON)

    async def check(self, request: Request) -> Response:
        """Check a code that was typed in the browser."""
        id, access = self._authenticate(request)
        typed = await read(request, TypedCode)
        reply_only = self._clients.reply_only
        command = CodeChecked(id, access, typed.code, reply_only=reply_only)
        return await self._carry_out(command, access)

    async def resend(self, request: Request) -> Response:
        """Send another code. A browser's IP address is rate-limited; a server's is not."""
        id, access = self._authenticate(request)
        await read_nothing(request)
        address = None
        if access.client is None:
            address = self._addresses.key(request)
        return await self._carry_out(ResendRequested(id, access, address), access)

    async def cancel(self, request: Request) -> Response:
        """Cancel the verification."""
        id, access = self._authenticate(request)
        await read_nothing(request)
        return await self._carry_out(CancelRequested(id, access), access)

    async def redeem(self, request: Request) -> Response:
        """Use up an approval: it is good for one login. A poll token is not enough."""
        client = self._clients.client(request.scope)
        id = request.path_params["id"]
        check_id(id)
        key = idempotency_key(request)
        await read_nothing(request)
        # Two spaces more than the key of a new verification has, so that no two are alike.
        key = f"{client.name} redeem {id} {key}" if key else None
        return await self._carry_out(Redeemed(id, client.access, key), client.access)

    def _authenticate(self, request: Request) -> tuple[str, Access]:
        """The id in the path and how the caller may access it. Raises Problem."""
        id = request.path_params["id"]
        access = self._clients.access(request.scope, id)
        check_id(id)
        return id, access

    async def _read(self, client: Client, query: ListQuery) -> Sequence[Verification]:
        """A page of verifications and, if there are more, one extra to tell so."""
        try:
            return await self._reader.verifications_of(
                query.phone,
                client=client.name,
                standalone=client.access.standalone,
                since=query.created_after,
                before=query.after,
                limit=query.limit + 1,
            )
        except Unavailable:
            raise unavailable() from None

    async def _submit(self, command: Command) -> Outcome:
        try:
            with self._timeouts.limit(self._answer_timeout_s):
                return await self._submit_command(command)
        except (Unavailable, TimeoutError):
            raise unavailable() from None

    async def _carry_out(self, command: Command, access: Access) -> Response:
        """Submit a command; the answer is the verification after it. Raises Problem."""
        outcome = await self._submit(command)
        verification = verification_of(outcome)
        now = self._clock()
        shown = verification_json.present(verification, now, masked=access.client is None)
        headers = _headers(verification, now)
        if isinstance(outcome, Replayed):
            headers["Idempotency-Replayed"] = "true"
        return Response(verification_json.encode(shown), 200, headers, _JSON)

    def _created(self, verification: Verification, *, replayed: bool) -> Response:
        now = self._clock()
        token = poll_token(self._secrets, verification.id)
        shown = verification_json.present(verification, now, poll_token=token)
        headers = _headers(verification, now)
        headers["Location"] = f"{VERIFICATION_PREFIX}{verification.id}"
        if replayed:
            headers["Idempotency-Replayed"] = "true"
        return Response(verification_json.encode(shown), 201, headers, _JSON)


def _headers(verification: Verification, now: int) -> dict[str, str]:
    return {"ETag": verification_json.etag(verification, now), **_NO_STORE}
