"""The OpenAPI 3.1 document, generated from the models that validate and the object that is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

import msgspec
from pydantic.json_schema import models_json_schema

from webhooks.api.bodies import NewVerification, TypedCode
from webhooks.http.problems import MEDIA_TYPE, PROBLEMS
from webhooks.verification_json import VerificationObject

_REF = "#/components/schemas/{}"
_STATUSES = (
    "pending", "approved", "denied", "expired", "max_attempts_reached", "canceled", "failed",
)  # fmt: skip
_ENUMS: Mapping[str, tuple[str | None, ...]] = {
    "status": _STATUSES,
    "awaiting": ("login", "code", None),
    "method": ("text", "sms"),
    "code_entry": ("reply", "page"),
    "binding": ("sms_reply", "sms_reply_ref", "browser_code", None),
    "reason": (
        "opted_out", "undeliverable", "region_not_allowed", "locked", "repudiated",
        "superseded", None,
    ),
    "delivery": ("queued", "sent", "delivered", "failed", None),
}  # fmt: skip
_EXAMPLE = {
    "id": "ver_01a20be73fcb000bd253dc16d8ce9129c116c0a43ff317b",
    "status": "pending",
    "awaiting": "login",
    "method": "text",
    "code_entry": "reply",
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
    "interval": 2,
}
Security = list[dict[str, list[str]]]
_KEY: Security = [{"apiKey": []}]
_EITHER: Security = [{"apiKey": []}, {"pollToken": []}]
_NOBODY: Security = []
#: What any call with a credential may answer.
_ALWAYS = ("unauthorized", "internal", "unavailable")
_BODY = ("malformed", "too_large", "unsupported_media_type", "invalid")


def document() -> dict[str, Any]:
    """The whole of it, as JSON values."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Textlogin",
            "version": version("textlogin"),
            "description": "Phone login by text message: start, watch and trust a verification.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "parameters": _parameters(),
            "headers": _headers(),
            "responses": {name: _problem(name) for name in PROBLEMS},
            "securitySchemes": {
                "apiKey": {"type": "http", "scheme": "bearer", "description": "A web app's key."},
                "pollToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "poll_…",
                    "description": "The poll_token of one verification; a browser may hold it.",
                },
            },
        },
    }


def _paths() -> dict[str, Any]:
    one = "/v1/verifications/{id}"
    known = ["id"]
    return {
        "/v1/verifications": {
            "post": _operation(
                "createVerification",
                "Open a verification",
                "With `text` the user texts LOGIN and the letters; with `sms` a code goes out now.",
                _KEY,
                {"201": _object("Opened.", ["ETag", "Location", "Idempotency-Replayed"])},
                (*_BODY, "forbidden", "idempotency_mismatch", "limited"),
                parameters=["Idempotency-Key"],
                body="NewVerification",
            ),
            "get": _operation(
                "findVerifications",
                "Find a phone's verifications",
                "Newest first: this web app's, and stand-alone ones where it accepts `sms_reply`.",
                _KEY,
                {"200": _json("A page.", {"$ref": _REF.format("Page")}, [])},
                ("invalid", "forbidden"),
                parameters=["phone_number", "created_after", "limit", "after"],
            ),
        },
        one: {
            "get": _operation(
                "getVerification",
                "Read a verification, or wait for its next change",
                "With `wait` it is held until it differs from what `If-None-Match` names.",
                _EITHER,
                {
                    "200": _object("As it is now.", ["ETag"]),
                    "304": {"description": "Unchanged.", "headers": _named(["ETag"])},
                },
                ("not_found", "invalid"),
                parameters=[*known, "wait", "If-None-Match"],
            )
        },
        f"{one}/events": {
            "get": _operation(
                "watchVerification",
                "Follow a verification by server-sent events",
                "An event `verification` at once and at each change; it ends after a final status.",
                _EITHER,
                {
                    "200": {
                        "description": "The stream.",
                        "headers": _named([]),
                        "content": {
                            "text/event-stream": {"schema": {"$ref": _REF.format("Event")}}
                        },
                    },
                    "204": {"description": "It is over.", "headers": _named([])},
                },
                ("not_found",),
                parameters=[*known, "Last-Event-ID"],
            )
        },
        f"{one}/check": {
            "post": _operation(
                "checkCode",
                "Check a code typed in the browser",
                "A wrong one answers 200 with `pending` and the tries left.",
                _EITHER,
                {"200": _object("The verification after the check.", ["ETag"])},
                (*_BODY, "not_found", "over", "no_code"),
                parameters=known,
                body="TypedCode",
            )
        },
        f"{one}/resend": _action(
            "resendCode",
            "Send another code",
            "The old one is dead; the tries stay what they are.",
            _EITHER,
            ("over", "no_code", "limited"),
        ),
        f"{one}/cancel": _action(
            "cancelVerification", "Cancel", "Nothing is sent about it.", _EITHER, ("over",)
        ),
        f"{one}/redeem": _action(
            "redeemVerification",
            "Redeem the approval",
            "Once: an approval is good for one login.",
            _KEY,
            ("over", "forbidden"),
        ),
        f"{one}/qr.svg": {
            "get": _operation(
                "drawQr",
                "The sms: link as a QR code",
                "For whoever knows both the id and the letters.",
                _NOBODY,
                {
                    "200": {
                        "description": "The picture.",
                        "headers": _named([]),
                        "content": {"image/svg+xml": {"schema": {"type": "string"}}},
                    }
                },
                ("not_found",),
                parameters=[*known, "ref"],
            )
        },
    }


def _operation(
    id: str,
    summary: str,
    description: str,
    security: Security,
    responses: dict[str, Any],
    problems: Iterable[str],
    *,
    parameters: Iterable[str] = (),
    body: str | None = None,
) -> dict[str, Any]:
    always = _ALWAYS if security else ("internal", "unavailable")
    operation: dict[str, Any] = {
        "operationId": id,
        "summary": summary,
        "description": description,
        "security": security,
        "parameters": [
            {"$ref": f"#/components/parameters/{parameter}"} for parameter in parameters
        ],
        "responses": responses | _refusals((*always, "method_not_allowed", *problems)),
    }
    if body is not None:
        schema = {"$ref": _REF.format(body)}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _action(
    id: str, summary: str, description: str, security: Security, problems: tuple[str, ...]
) -> dict[str, Any]:
    """A call without members."""
    responses = {"200": _object("The verification after it.", ["ETag"])}
    problems = ("not_found", "too_large", "invalid", *problems)
    return {
        "post": _operation(
            id, summary, description, security, responses, problems, parameters=["id"]
        )
    }


def _refusals(names: Iterable[str]) -> dict[str, Any]:
    """One response a status; where two problems share one, either."""
    by_status: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        by_status.setdefault(str(PROBLEMS[name][0]), []).append(name)
    return {
        status: {"$ref": f"#/components/responses/{found[0]}"}
        if len(found) == 1
        else _problem(*found)
        for status, found in sorted(by_status.items())
    }


def _problem(*names: str) -> dict[str, Any]:
    status, _ = PROBLEMS[names[0]]
    headers = {
        401: ["WWW-Authenticate"],
        405: ["Allow"],
        429: ["Retry-After"],
        503: ["Retry-After"],
    }
    examples = {
        name: {
            "value": {
                "type": f"urn:textlogin:problem:{name}",
                "title": PROBLEMS[name][1],
                "status": status,
                "detail": PROBLEMS[name][1] + ".",
            }
        }
        for name in names
    }
    return {
        "description": "; ".join(PROBLEMS[name][1] for name in names) + ".",
        "headers": _named(headers.get(status, [])),
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format("Problem")}, "examples": examples}},
    }


def _object(description: str, headers: Iterable[str]) -> dict[str, Any]:
    return _json(description, {"$ref": _REF.format("Verification")}, headers)


def _json(description: str, schema: dict[str, Any], headers: Iterable[str]) -> dict[str, Any]:
    return {
        "description": description,
        "headers": _named(headers),
        "content": {"application/json": {"schema": schema}},
    }


def _named(headers: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*headers, "X-Request-ID")}


def _schemas() -> dict[str, Any]:
    _, requests = models_json_schema(
        [(NewVerification, "validation"), (TypedCode, "validation")],
        ref_template=_REF.replace("{}", "{model}"),
    )
    _, answers = msgspec.json.schema_components(
        [VerificationObject], ref_template=_REF.replace("{}", "{name}")
    )
    verification = answers.pop("VerificationObject")
    for name, values in _ENUMS.items():
        verification["properties"][name] = {"enum": list(values)}
    for name, schema in verification["properties"].items():
        if name.endswith("_at"):
            schema.setdefault("format", "date-time")
    verification |= {"examples": [_EXAMPLE], "additionalProperties": False}
    return {
        **requests["$defs"],
        **answers,
        "Verification": verification,
        "Page": {
            "type": "object",
            "required": ["data", "next"],
            "properties": {
                "data": {"type": "array", "items": {"$ref": _REF.format("Verification")}},
                "next": {"type": ["string", "null"], "description": "`after` of the next page."},
            },
        },
        "Event": _EVENT,
        "Problem": _PROBLEM,
    }


#: Of each event; OpenAPI 3.1 has no word for the stream as a whole.
_EVENT = {
    "type": "object",
    "description": "One server-sent event. Comments keep the connection open in between.",
    "required": ["event", "id", "data"],
    "properties": {
        "event": {"const": "verification"},
        "id": {"type": "string", "description": "The ETag; for `Last-Event-ID`."},
        "data": {
            "type": "string",
            "description": "The Verification as JSON.",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": _REF.format("Verification")},
        },
    },
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"enum": [f"urn:textlogin:problem:{name}" for name in PROBLEMS]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "verification_status": {
            "enum": list(_STATUSES),
            "description": "With `over`; `pending` where nothing was approved yet to be redeemed.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["member", "detail"],
                "properties": {"member": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "limit": {"type": "string"},
        "retry_after": {"type": "integer", "minimum": 1},
    },
}


def _parameters() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "id": _parameter("id", "path", "The verification.", text, required=True),
        "phone_number": _parameter(
            "phone_number", "query", "E.164, or national to the service.", text, required=True
        ),
        "created_after": _parameter(
            "created_after",
            "query",
            "The last 15 minutes unless asked.",
            {"type": "string", "format": "date-time"},
        ),
        "limit": _parameter(
            "limit", "query", "Per page.", {"type": "integer", "minimum": 1, "maximum": 100}
        ),
        "after": _parameter("after", "query", "The `next` of an earlier page.", text),
        "wait": _parameter(
            "wait", "query", "Seconds it may be held.", {"type": "integer", "minimum": 0}
        ),
        "ref": _parameter("ref", "query", "The letters.", text, required=True),
        "If-None-Match": _parameter("If-None-Match", "header", "The ETag known.", text),
        "Last-Event-ID": _parameter("Last-Event-ID", "header", "The last event's id.", text),
        "Idempotency-Key": _parameter(
            "Idempotency-Key",
            "header",
            "The same key and body within 24 hours open one verification.",
            {"type": "string", "pattern": "^[!-~]{1,255}$"},
        ),
    }


def _parameter(
    name: str, place: str, description: str, schema: dict[str, Any], *, required: bool = False
) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "description": description,
        "required": required,
        "schema": schema,
    }


def _headers() -> dict[str, Any]:
    described = {
        "ETag": "Names this state; for `If-None-Match`.",
        "Location": "The verification's path.",
        "Idempotency-Replayed": "`true` where the key was used before.",
        "Retry-After": "Whole seconds.",
        "WWW-Authenticate": "Bearer.",
        "Allow": "The methods there are.",
        "X-Request-ID": "Names this request.",
    }
    return {
        name: {
            "description": description,
            "required": name != "Idempotency-Replayed",
            "schema": {"type": "string"},
        }
        for name, description in described.items()
    }
