"""The service as it is, but for its texts: they are queued and committed, and then held back."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

import webhooks.app
from storage.writer import Commit, Writer
from webhooks.sender import Account, Sender
from webhooks.service import Service, catalogue

HELD = "/bench/held"


class HoldingSender(Sender):
    """Takes what the real one would, gives its room free at once, and never loads the SDK."""

    held = 0

    def start(self, writer: Writer) -> None:
        """Nothing to open and nothing to sweep."""
        self._writer = writer

    def take(self, commit: Commit) -> None:
        """Counts."""
        self.held += len(commit.outbound)
        for _ in commit.outbound:
            self._release()

    async def stop(self, patience: float = 0) -> None:
        """Nothing is under way."""


class HoldingService(Service):
    """The service with that sender."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        account = Account("", None)
        self.sender = HoldingSender(account, catalogue(), self.policy.secrets, self.clock)


def create() -> ASGIApp:
    """The application, for uvicorn; settings from the environment."""
    vars(webhooks.app)["Service"] = HoldingService  # create_app has no argument for it
    return webhooks.app.create_app(extra_routes=[Route(HELD, _held)])


async def _held(request: Request) -> Response:
    """How many texts were held back so far."""
    return JSONResponse(request.state.service.sender.held)
