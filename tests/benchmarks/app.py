"""The service as it is, but its texts are held back after they are queued and committed."""

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
    """Counts the texts it should send, releases their send slots at once, never loads the SDK."""

    held = 0

    def start(self) -> None:
        """Do nothing: there is no client to open and no outbox to sweep."""

    def take(self, commit: Commit) -> None:
        """Count the texts of a commit."""
        self.held += len(commit.outbound)
        for _ in commit.outbound:
            self._slots.release()

    async def stop(self) -> None:
        """Do nothing: no send is in progress."""


def create() -> ASGIApp:
    """The application, for uvicorn; settings come from the environment."""

    async def held(request: Request) -> Response:
        """The number of texts held back so far."""
        return JSONResponse(request.state.service.sender.held)

    return create_app(make_sender=HoldingSender, catches_up=False, extra_routes=[Route(HELD, held)])
