"""The OpenAPI 3.1 document of the API, generated from the request and response models."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

from webhooks.api.openapi_parameters import headers, parameters
from webhooks.api.openapi_paths import paths
from webhooks.api.openapi_problems import problem_responses
from webhooks.api.openapi_schemas import schemas
from webhooks.api.openapi_webhooks import webhooks


def document(public_url: str | None = None) -> dict[str, Any]:
    """The whole document as JSON values, for the service at `public_url`."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Textlogin",
            "version": release(),
            "description": "Phone login by text message: open a verification, watch it, redeem it.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [
            {"url": public_url or "/", "description": "The service that serves this document."}
        ],
        "paths": paths(),
        "webhooks": webhooks(),
        "components": {
            "schemas": schemas(),
            "parameters": parameters(),
            "headers": headers(),
            "responses": problem_responses(),
            "securitySchemes": _security_schemes(),
        },
    }


@cache
def release() -> str:
    """The version of this package, read from its files once."""
    return version("textlogin")


def _security_schemes() -> dict[str, Any]:
    return {
        "apiKey": {"type": "http", "scheme": "bearer", "description": "A web app's API key."},
        "pollToken": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "poll_…",
            "description": "The poll_token of one verification; a browser may hold it.",
        },
    }
