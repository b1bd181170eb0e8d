"""Callbacks in the OpenAPI document: what web apps receive (Standard Webhooks 1.0)."""

from __future__ import annotations

from typing import Any

from webhooks.api.openapi_names import reference
from webhooks.api.openapi_parameters import CALLBACK_HEADERS


def webhooks() -> dict[str, Any]:
    """The calls that the service makes, by name."""
    return {
        "verification": _post(
            "receiveCallback",
            "A verification ended",
            "Posted for each final status, and when a NO takes back an approval. It is repeated "
            "until the answer is 2xx, and can arrive twice or out of order.",
            "CallbackEvent",
        ),
        "test": _post(
            "receiveTest",
            "A test of the callback URL",
            "Posted by `textlogin clients test`, once.",
            "TestEvent",
        ),
    }


def _post(id: str, summary: str, description: str, body: str) -> dict[str, Any]:
    return {
        "post": {
            "operationId": id,
            "summary": summary,
            "description": description,
            "security": [],
            "parameters": [
                {"$ref": f"#/components/parameters/{name}"} for name in CALLBACK_HEADERS
            ],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": reference(body)}},
            },
            "responses": {
                "2XX": {"description": "Received; answer within 15 s."},
                "410": {"description": "Disables the callback URL."},
            },
        }
    }
