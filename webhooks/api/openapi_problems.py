"""Problem documents (RFC 9457) in the OpenAPI document: their schema, and a response for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from webhooks.api.openapi_names import reference
from webhooks.api.openapi_parameters import header_references
from webhooks.http.problems import MEDIA_TYPE, PROBLEMS, type_of

_HEADERS = {
    401: ["WWW-Authenticate"],
    405: ["Allow"],
    429: ["Retry-After"],
    503: ["Retry-After"],
}


def problem_schema() -> dict[str, Any]:
    """The members that every problem has, and those that only some have."""
    return {
        "type": "object",
        "description": "A problem document (RFC 9457).",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": reference("ProblemType") | {"description": "Which problem it is."},
            "title": {"type": "string", "description": "The problem in words, always the same."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": {"type": "string", "description": "What is wrong with this request."},
            "verification_status": reference("Status")
            | {"description": "With `over`; `pending` if redeemed before approval."},
            "why": reference("NotRedeemable")
            | {
                "description": "With `over` of a redeem: it was redeemed before, the approval is "
                "more than 15 minutes old, or there is none.",
            },
            "errors": {
                "type": "array",
                "description": "With `invalid`: what is wrong, by member.",
                "items": reference("InvalidMember"),
            },
            "limit": {"type": "string", "description": "With `limited`: the limit's name."},
            "retry_after": {
                "type": "integer",
                "minimum": 1,
                "description": "With `limited`: seconds.",
            },
            "verification_id": {
                "type": "string",
                "description": "With `limited` of a new verification: the web app's pending one of "
                "this phone, which can be used instead.",
            },
        },
    }


def invalid_member_schema() -> dict[str, Any]:
    """One member, parameter or header that is not valid."""
    return {
        "type": "object",
        "description": "One member, parameter or header that is not valid.",
        "required": ["member", "detail"],
        "properties": {
            "member": {"type": "string", "description": "Its name; dots lead into objects."},
            "detail": {"type": "string", "description": "What it must be."},
        },
    }


def problem_responses() -> dict[str, Any]:
    """The components, by the problem's name."""
    return {name: _response(name) for name in PROBLEMS}


def problem_references(names: Iterable[str]) -> dict[str, Any]:
    """Responses by status; problems with the same status share one."""
    by_status: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        by_status.setdefault(str(PROBLEMS[name][0]), []).append(name)
    return {
        status: {"$ref": f"#/components/responses/{found[0]}"}
        if len(found) == 1
        else _response(*found)
        for status, found in sorted(by_status.items())
    }


def _response(*names: str) -> dict[str, Any]:
    status, _ = PROBLEMS[names[0]]
    return {
        "description": "; ".join(PROBLEMS[name][1] for name in names) + ".",
        "headers": header_references(_HEADERS.get(status, [])),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {name: {"value": _example(name)} for name in names},
            }
        },
    }


def _example(name: str) -> dict[str, Any]:
    status, title = PROBLEMS[name]
    return {"type": type_of(name), "title": title, "status": status, "detail": f"{title}."}
