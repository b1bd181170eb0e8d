"""The calls of Telnyx's API that set an account up and look into it, beside its messages."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from webhooks.sandbox import registration
from webhooks.sandbox.body import decode, read
from webhooks.sandbox.clock import RealClock
from webhooks.sandbox.deliveries import Deliveries
from webhooks.sandbox.events import PROFILE_ID
from webhooks.sandbox.faults import Faults
from webhooks.sandbox.profile import Profile
from webhooks.sandbox.query import is_between, page
from webhooks.sandbox.refusals import authenticate
from webhooks.sandbox.telnyx import Telnyx
from webhooks.sandbox.times import iso

_MAX_BODY = 64 * 1024


class AccountApi:
    """Answers as Telnyx does. Nothing that it changes outlives the process."""

    def __init__(
        self,
        *,
        profile: Profile,
        telnyx: Telnyx,
        deliveries: Deliveries,
        faults: Faults,
        clock: RealClock,
    ) -> None:
        self._profile = profile
        self._telnyx = telnyx
        self._deliveries = deliveries
        self._faults = faults
        self._clock = clock
        self._made = iso(clock.wall())

    def routes(self) -> Sequence[BaseRoute]:
        """Below `/v2`."""
        profile = "/messaging_profiles/{id}"
        number = "/phone_numbers/{id}/messaging"
        return (
            Route("/balance", self._balance),
            Route("/messaging_profiles", self._profiles),
            Route(profile, self._read_profile),
            Route(profile, self._change_profile, methods=["PATCH"]),
            Route(f"{profile}/autoresp_configs", self._autoresponses),
            Route(f"{profile}/autoresp_configs", self._add_autoresponse, methods=["POST"]),
            Route("/phone_numbers/messaging", self._numbers),
            Route(number, self._read_number),
            Route(number, self._change_number, methods=["PATCH"]),
            Route("/webhook_deliveries", self._list_deliveries),
            Route("/messaging_optouts", self._opt_outs),
            Route("/10dlc/phone_number_campaigns/{number}", self._assignment),
            Route("/10dlc/campaign/{id}", self._campaign),
            Route("/messaging_tollfree/verification/requests", self._toll_free),
            Route("/spend_limits", self._spend_limits),
        )

    # -- money and registration ----------------------------------------------------------------

    async def _balance(self, request: Request) -> Response:
        self._check(request)
        return _data(registration.balance())

    async def _spend_limits(self, request: Request) -> Response:
        query = self._check(request)
        today = datetime.fromtimestamp(self._clock.wall() / 1000, UTC)
        return JSONResponse(page([registration.spend_limit(today)], query))

    async def _assignment(self, request: Request) -> Response:
        self._check(request)
        number = self._profile.number()["phone_number"]
        wanted = request.path_params["number"]
        return JSONResponse(registration.assignment(number, wanted, self._made))

    async def _campaign(self, request: Request) -> Response:
        self._check(request)
        return JSONResponse(registration.campaign(request.path_params["id"], self._made))

    async def _toll_free(self, request: Request) -> Response:
        self._check(request)  # the account has no toll-free number
        return JSONResponse({"records": [], "total_records": 0})

    # -- the profile and its number ------------------------------------------------------------

    async def _profiles(self, request: Request) -> Response:
        query, profile = self._check(request), self._profile.read()
        name = profile["name"]
        is_found = query.get("filter[name][eq]", name) == name
        is_found &= query.get("filter[name][contains]", "") in name
        return JSONResponse(page([profile] if is_found else [], query))

    async def _read_profile(self, request: Request) -> Response:
        self._check(request)
        return _data(self._profile.read(request.path_params["id"]))

    async def _change_profile(self, request: Request) -> Response:
        id, wanted = await self._change(request, self._profile.read)
        return _data(self._profile.change(id, wanted, self._clock.wall()))

    async def _autoresponses(self, request: Request) -> Response:
        query = self._check(request)
        return JSONResponse(page(self._profile.autoresponses(request.path_params["id"]), query))

    async def _add_autoresponse(self, request: Request) -> Response:
        id, wanted = await self._change(request, self._profile.read)
        return _data(self._profile.add_autoresponse(id, wanted, self._clock.wall()))

    async def _numbers(self, request: Request) -> Response:
        query, number = self._check(request), self._profile.number()
        numbers = query.get("filter[phone_number]", number["phone_number"]).split(",")
        profile = number["messaging_profile_id"]
        is_found = number["phone_number"] in numbers
        is_found &= query.get("filter[messaging_profile_id]", profile) == profile
        return JSONResponse(page([number] if is_found else [], query))

    async def _read_number(self, request: Request) -> Response:
        self._check(request)
        return _data(self._profile.number(request.path_params["id"]))

    async def _change_number(self, request: Request) -> Response:
        id, wanted = await self._change(request, self._profile.number)
        return _data(self._profile.change_number(id, wanted, self._clock.wall()))

    # -- what happened -------------------------------------------------------------------------

    async def _list_deliveries(self, request: Request) -> Response:
        query = self._check(request)
        return JSONResponse(page(self._deliveries.matching(query), query))

    async def _opt_outs(self, request: Request) -> Response:
        query = self._check(request)
        found = [
            one
            for one in self._telnyx.opt_outs()
            if is_between(one["created_at"], query, "created_at")
            and query.get("filter[messaging_profile_id]", PROFILE_ID) == PROFILE_ID
            and query.get("filter[from]", one["from"]) == one["from"]
        ]
        return JSONResponse(page(found, query))

    # -- requests ------------------------------------------------------------------------------

    def _check(self, request: Request) -> dict[str, str]:
        """The query. Raises RefusalError."""
        self._faults.refuse()
        authenticate(request)
        return dict(request.query_params)

    async def _change(
        self, request: Request, find: Callable[[str], dict[str, Any]]
    ) -> tuple[str, object]:
        """The id of what is to be changed, which `find` knows, and the body. Raises as `find`."""
        raw = await read(request, _MAX_BODY)  # also while it is down, for the log
        self._check(request)
        id: str = request.path_params["id"]
        find(id)
        return id, decode(raw)


def _data(resource: dict[str, Any]) -> Response:
    return JSONResponse({"data": resource})
