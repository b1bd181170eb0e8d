"""The service for child processes of tests: its requests wait for a slow disk."""

from starlette.types import ASGIApp

from tests.harness.eventually import PATIENCE_S
from webhooks import app


def create_app() -> ASGIApp:
    """The application, for uvicorn; settings come from the environment."""
    return app.create_app(answer_timeout_s=PATIENCE_S)
