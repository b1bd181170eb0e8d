"""Parameters and response headers of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from webhooks.api.bodies import IDEMPOTENCY_KEY
from webhooks.api.list_query import DEFAULT_LIMIT, MAX_LIMIT

_TEXT = {"type": "string"}
#: The headers of a callback.
CALLBACK_HEADERS = {
    "webhook-id": "Identifies the callback; the same for each try.",
    "webhook-timestamp": "When this try was made, in seconds since the epoch.",
    "webhook-signature": "`v1,` and HMAC-SHA256 in base64; two, separated by a space, while the "
    "secret is rotated.",
}


def parameters() -> dict[str, Any]:
    """The components, by name."""
    described = [
        _path("id", "The verification."),
        _query("phone_number", "E.164, or national in the service's region.", required=True),
        _query(
            "created_after",
            "The last 15 minutes by default.",
            {"type": "string", "format": "date-time"},
        ),
        _query(
            "limit",
            "Verifications per page.",
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        ),
        _query("after", "The `next` of an earlier page."),
        _query(
            "wait",
            "Seconds to wait for a change at most; the service limits it.",
            {"type": "integer", "minimum": 0},
        ),
        _query("ref", "The verification's ref.", required=True),
        _header("If-None-Match", "The ETag that the client has."),
        _header("Last-Event-ID", "The id of the last event that the client has."),
        _header(
            "Idempotency-Key",
            "A call that is repeated with the same key within 24 hours takes effect once.",
            {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY}$"},
        ),
    ]
    described += [
        _header(name, description) | {"required": True}
        for name, description in CALLBACK_HEADERS.items()
    ]
    return {parameter["name"]: parameter for parameter in described}


def headers() -> dict[str, Any]:
    """The components, by name."""
    described = {
        "ETag": "Identifies this state; for `If-None-Match`.",
        "Location": "The verification's path.",
        "Idempotency-Replayed": "`true` if the key was used before.",
        "Retry-After": "Seconds.",
        "WWW-Authenticate": "Bearer.",
        "Allow": "The methods that this path has.",
        "X-Request-ID": "Identifies this request.",
    }
    return {
        name: {
            "description": description,
            "required": name != "Idempotency-Replayed",
            "schema": _TEXT,
        }
        for name, description in described.items()
    }


def header_references(names: Iterable[str]) -> dict[str, Any]:
    """The headers of a response; `X-Request-ID` is in every one."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, "X-Request-ID")}


def _path(name: str, description: str) -> dict[str, Any]:
    return _parameter("path", name, description, _TEXT, required=True)


def _query(
    name: str, description: str, schema: dict[str, Any] = _TEXT, *, required: bool = False
) -> dict[str, Any]:
    return _parameter("query", name, description, schema, required=required)


def _header(name: str, description: str, schema: dict[str, Any] = _TEXT) -> dict[str, Any]:
    return _parameter("header", name, description, schema, required=False)


def _parameter(
    place: str, name: str, description: str, schema: dict[str, Any], *, required: bool
) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "description": description,
        "required": required,
        "schema": schema,
    }
