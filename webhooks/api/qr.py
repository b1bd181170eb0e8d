"""`GET /v1/verifications/{id}/qr.svg?ref=…`: the `sms:` link as a QR code.

No credential is required: a caller that knows the id and the ref could draw it too.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.records import Verification
from storage.errors import Unavailable
from storage.queries import Reader
from webhooks import verification_json
from webhooks.clients.authentication import check_id, not_found
from webhooks.http.paths import VERIFICATION_PATH
from webhooks.http.problems import unavailable
from webhooks.verification_json import Login


class Qr:
    """Draws the QR code of one verification."""

    def __init__(self, *, reader: Reader, clock: Callable[[], int]) -> None:
        self._reader = reader
        self._clock = clock

    def routes(self) -> list[Route]:
        """Its one route."""
        return [Route(f"{VERIFICATION_PATH}/qr.svg", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """The picture while the verification is pending. Raises Problem (404) otherwise."""
        verification = await self._verification(request.path_params["id"])
        ref = request.query_params.get("ref", "")
        if verification is None or not verification.ref or verification.ref != ref.upper():
            raise not_found()
        shown = verification_json.present(verification, self._clock())
        if shown.status != "pending" or shown.login is None:
            raise not_found()
        return Response(_draw(shown.login), 200, {"Cache-Control": "no-store"}, "image/svg+xml")

    async def _verification(self, id: str) -> Verification | None:
        check_id(id)
        try:
            return await self._reader.verification(id)
        except Unavailable:
            raise unavailable() from None


def _draw(login: Login) -> bytes:
    picture = io.BytesIO()
    segno.make(login.sms_uri, error="m", micro=False).save(
        picture, kind="svg", scale=4, border=4, xmldecl=False, title=login.text
    )
    return picture.getvalue()
