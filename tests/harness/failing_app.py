"""The service with a route that raises, for `uvicorn --factory`."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from webhooks import app


async def fail(request: Request) -> Response:
    raise RuntimeError("unforeseen")


def create_app() -> ASGIApp:
    """As in production, beside the route."""
    return app.create_app(extra_routes=[Route("/fail", fail)])
