"""The service without its sends: texts are queued and committed as usual, then held back."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from storage.writer import Commit, Writer
from webhooks.app import create_app
from webhooks.telnyx.sender import Sender

HELD = "/bench/held"


class HoldingSender(Sender):
    """Counts the texts it should send, releases their send slots at once, never loads the SDK."""

    def __init__(self) -> None:
        self.held = 0

    def start(self, writer: Writer) -> None:
        """Remember the writer; there is no client to open and no outbox to sweep."""
        self._writer = writer

    def take(self, commit: Commit) -> None:
        """Count the texts of a commit."""
        self.held += len(commit.outbound)
        for _ in commit.outbound:
            self._release()

    async def stop(self, patience: float = 0) -> None:
        """Do nothing: no send is in progress."""


def create() -> ASGIApp:
    """The application, for uvicorn; settings come from the environment."""
    sender = HoldingSender()

    async def held(request: Request) -> Response:
        """The number of texts held back so far."""
        return JSONResponse(sender.held)

    return create_app(sender=sender, extra_routes=[Route(HELD, held)])
