"""The service as it is, but for its texts: they are queued and committed, and then held back."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from storage.commit import Commit
from webhooks.app import create_app
from webhooks.telnyx.sender import Sender

HELD = "/bench/held"


class HoldingSender(Sender):
    """Takes what the real one would, gives its room free at once, and never loads the SDK."""

    held = 0

    def start(self) -> None:
        """Nothing to open and nothing to sweep."""

    def take(self, commit: Commit) -> None:
        """Counts."""
        self.held += len(commit.outbound)
        for _ in commit.outbound:
            self._slots.release()

    async def stop(self) -> None:
        """Nothing is under way."""


def create() -> ASGIApp:
    """The application, for uvicorn; settings from the environment."""

    async def held(request: Request) -> Response:
        """How many texts were held back so far."""
        return JSONResponse(request.state.service.sender.held)

    return create_app(make_sender=HoldingSender, extra_routes=[Route(HELD, held)])
