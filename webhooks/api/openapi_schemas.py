"""Schemas of the OpenAPI document, from the pydantic bodies and the msgspec objects."""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic.json_schema import models_json_schema

from webhooks.api.bodies import NewVerification, TypedCode
from webhooks.api.openapi_names import enums, nullable, reference, tidy
from webhooks.api.openapi_problems import invalid_member_schema, problem_schema
from webhooks.verification_json import VerificationObject

_VERIFICATION = reference("Verification")
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
        "CallbackEvent": _callback_event(),
        "TestEvent": _test_event(),
        "Problem": problem_schema(),
        "InvalidMember": invalid_member_schema(),
        **enums(),
    }


def _bodies() -> dict[str, Any]:
    _, schema = models_json_schema(
        [(NewVerification, "validation"), (TypedCode, "validation")],
        ref_template="#/components/schemas/{model}",
    )
    bodies: dict[str, Any] = tidy(schema["$defs"])
    return bodies


def _objects() -> dict[str, Any]:
    """The response objects. To what msgspec generates for a verification, adds an example and
    that it has no other members."""
    _, objects = msgspec.json.schema_components(
        [VerificationObject], ref_template="#/components/schemas/{name}"
    )
    tidied = tidy(objects)
    verification = tidied.pop("VerificationObject") | {
        "examples": [_EXAMPLE],
        "additionalProperties": False,
    }
    return {**tidied, "Verification": verification}


def _page() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "A page of verifications, newest first.",
        "required": ["data", "next"],
        "properties": {
            "data": {
                "type": "array",
                "description": "The verifications.",
                "items": _VERIFICATION,
            },
            "next": nullable({"type": "string"}, "`after` of the next page; null on the last."),
        },
    }


def _callback_event() -> dict[str, Any]:
    return _event_schema(
        "What is posted to the callback URL.",
        reference("CallbackType") | {"description": "What happened."},
        _VERIFICATION | {"description": "The verification as it was then."},
    )


def _test_event() -> dict[str, Any]:
    client = {"type": "string", "description": "The web app's name."}
    data = {
        "type": "object",
        "description": "Whom it is for.",
        "required": ["client"],
        "properties": {"client": client},
    }
    kind = {"type": "string", "const": "textlogin.test", "description": "Always the same."}
    return _event_schema("What `textlogin clients test` posts.", kind, data)


def _event_schema(description: str, kind: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    when = {"type": "string", "format": "date-time", "description": "When it happened."}
    return {
        "type": "object",
        "description": description,
        "required": ["type", "timestamp", "data"],
        "properties": {"type": kind, "timestamp": when, "data": data},
    }
