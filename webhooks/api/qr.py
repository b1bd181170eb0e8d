"""`GET /v1/verifications/{id}/qr.svg?ref=…`: the `sms:` link as a QR code.

No key is needed: whoever knows both the id and the letters could draw it themselves.
"""

from __future__ import annotations

import io

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from storage.errors import Unavailable
from webhooks import verification_json
from webhooks.clients.authentication import check_id, not_found
from webhooks.http.problems import unavailable
from webhooks.service import Service


class Qr:
    """QR codes."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """One."""
        return [Route("/v1/verifications/{id}/qr.svg", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """The picture while the request is open; else 404."""
        id, ref = request.path_params["id"], request.query_params.get("ref", "")
        check_id(id)
        try:
            verification = await self._service.reader.verification(id)
        except Unavailable:
            raise unavailable() from None
        if verification is None or not verification.ref or verification.ref != ref.upper():
            raise not_found()
        shown = verification_json.present(verification, self._service.clock())
        if shown.status != "pending" or shown.login is None:
            raise not_found()
        picture = io.BytesIO()
        segno.make(shown.login.sms_uri, error="m", micro=False).save(
            picture, kind="svg", scale=4, border=4, xmldecl=False, title=shown.login.text
        )
        return Response(picture.getvalue(), 200, {"Cache-Control": "no-store"}, "image/svg+xml")
