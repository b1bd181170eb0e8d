"""The reference of all ratios: a bare Starlette route that reads the body and answers 200."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webhooks.telnyx.inbound import PATH

GET_PATH = "/healthz"


def create() -> Starlette:
    """The application, for uvicorn."""
    return Starlette(
        routes=[Route(PATH, _answer, methods=["POST"]), Route(GET_PATH, _answer)],
    )


async def _answer(request: Request) -> Response:
    await request.body()
    return Response(b"{}", media_type="application/json")
