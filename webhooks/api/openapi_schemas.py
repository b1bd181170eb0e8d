"""Schemas of the OpenAPI document, from the pydantic bodies and the msgspec objects."""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic.json_schema import models_json_schema

from webhooks.api.bodies import NewVerification, TypedCode
from webhooks.api.openapi_problems import problem_schema
from webhooks.verification_json import VerificationObject

_VERIFICATION = {"$ref": "#/components/schemas/Verification"}
_EXAMPLE = {
    "id": "ver_01a20be73fcb000bd253dc16d8ce9129c116c0a43ff317b",
    "status": "pending",
    "awaiting": "login",
    "method": "text",
    "code_entry": "page",
    "phone_number": None,
    "binding": None,
    "reason": None,
    "delivery": None,
    "attempts_left": 5,
    "reference": "cart-42",
    "login": {
        "ref": "KTQMWX",
        "text": "LOGIN KTQMWX",
        "phone_number": "+14155550100",
        "sms_uri": "sms:+14155550100?body=LOGIN%20KTQMWX",
    },
    "created_at": "2026-01-31T12:00:00.000Z",
    "expires_at": "2026-01-31T12:15:00.000Z",
    "code_expires_at": None,
    "resend_at": None,
    "completed_at": None,
    "redeemed_at": None,
    "repudiated_at": None,
    "interval": 2,
}


def schemas() -> dict[str, Any]:
    """The components, by name."""
    return {
        **_bodies(),
        **_objects(),
        "Page": _page(),
        "Event": _event(),
        "Problem": problem_schema(),
    }


def _bodies() -> dict[str, Any]:
    _, schema = models_json_schema(
        [(NewVerification, "validation"), (TypedCode, "validation")],
        ref_template="#/components/schemas/{model}",
    )
    bodies: dict[str, Any] = schema["$defs"]
    return bodies


def _objects() -> dict[str, Any]:
    """The response objects. To what msgspec generates for a verification, adds an example and
    that it has no other members."""
    _, objects = msgspec.json.schema_components(
        [VerificationObject], ref_template="#/components/schemas/{name}"
    )
    verification = objects.pop("VerificationObject") | {
        "title": "Verification",
        "examples": [_EXAMPLE],
        "additionalProperties": False,
    }
    return {**objects, "Verification": verification}


def _page() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "A page of verifications, newest first.",
        "required": ["data", "next"],
        "properties": {
            "data": {"type": "array", "items": _VERIFICATION},
            "next": {"type": ["string", "null"], "description": "`after` of the next page."},
        },
    }


def _event() -> dict[str, Any]:
    """The schema of one event, since OpenAPI 3.1 cannot describe a stream."""
    return {
        "type": "object",
        "description": "One server-sent event. Comments in between keep the connection open.",
        "required": ["event", "id", "data"],
        "properties": {
            "event": {"const": "verification"},
            "id": {"type": "string", "description": "The ETag; for `Last-Event-ID`."},
            "data": {
                "type": "string",
                "description": "The Verification as JSON.",
                "contentMediaType": "application/json",
                "contentSchema": _VERIFICATION,
            },
        },
    }
