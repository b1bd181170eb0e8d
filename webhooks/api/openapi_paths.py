"""Operations of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from webhooks.api.openapi_parameters import header_references
from webhooks.api.openapi_problems import problem_references
from webhooks.http.paths import EVENTS_SUFFIX, VERIFICATION_PATH, VERIFICATIONS_PATH

Security = list[dict[str, list[str]]]
_API_KEY: Security = [{"apiKey": []}]
_KEY_OR_TOKEN: Security = [{"apiKey": []}, {"pollToken": []}]
_NO_CREDENTIAL: Security = []
#: An example of each body.
_BODIES = {
    "NewVerification": {
        "method": "text",
        "reference": "cart-42",
        "requester": {"ip": "203.0.113.9", "label": "Chrome, Paris"},
    },
    "TypedCode": {"code": "123456"},
}
_STREAM = {
    "type": "string",
    "description": "Server-sent events `verification`; comments in between keep it open.",
}
#: Problems that every operation can answer.
_ALWAYS = ("internal", "unavailable", "method_not_allowed", "timeout", "headers_too_large")
_BODY = ("malformed", "too_large", "unsupported_media_type", "invalid")


def paths() -> dict[str, Any]:
    """Operations by path and method."""
    return {
        VERIFICATIONS_PATH: {"post": _create(), "get": _find()},
        VERIFICATION_PATH: {"get": _poll()},
        f"{VERIFICATION_PATH}{EVENTS_SUFFIX}": {"get": _watch()},
        f"{VERIFICATION_PATH}/check": {"post": _check()},
        f"{VERIFICATION_PATH}/resend": {"post": _resend()},
        f"{VERIFICATION_PATH}/cancel": {"post": _cancel()},
        f"{VERIFICATION_PATH}/redeem": {"post": _redeem()},
        f"{VERIFICATION_PATH}/qr.svg": {"get": _qr()},
    }


def _create() -> dict[str, Any]:
    return _operation(
        "createVerification",
        "Open a verification",
        "With `text`, the user texts LOGIN and the ref. With `sms`, a code is sent now.",
        security=_API_KEY,
        parameters=["Idempotency-Key"],
        body="NewVerification",
        responses={"201": _verification("Opened.", ["ETag", "Location", "Idempotency-Replayed"])},
        problems=(*_BODY, "forbidden", "idempotency_mismatch", "limited"),
    )


def _find() -> dict[str, Any]:
    return _operation(
        "findVerifications",
        "Find a phone's verifications",
        "Newest first. A web app that accepts `sms_reply` also finds those without a web app.",
        security=_API_KEY,
        parameters=["phone_number", "created_after", "limit", "after"],
        responses={"200": _response("A page.", "application/json", _schema("Page"))},
        problems=("invalid", "forbidden"),
    )


def _poll() -> dict[str, Any]:
    return _operation(
        "getVerification",
        "Read a verification, or wait for its next change",
        "With `wait`, the response is delayed until the ETag differs from `If-None-Match`.",
        security=_KEY_OR_TOKEN,
        parameters=["id", "wait", "If-None-Match"],
        responses={
            "200": _verification("The verification now.", ["ETag"]),
            "304": {"description": "Unchanged.", "headers": header_references(["ETag"])},
        },
        problems=("not_found", "invalid"),
    )


def _watch() -> dict[str, Any]:
    return _operation(
        "watchVerification",
        "Follow a verification by server-sent events",
        "An event `verification` immediately and at each change; ends after a final status. The id "
        "of each event is the ETag, its data the Verification as JSON.",
        security=_KEY_OR_TOKEN,
        parameters=["id", "Last-Event-ID"],
        responses={
            "200": _response("The stream.", "text/event-stream", _STREAM),
            "204": {
                "description": "The client has the final event: do not reconnect.",
                "headers": header_references([]),
            },
        },
        problems=("not_found",),
    )


def _check() -> dict[str, Any]:
    return _operation(
        "checkCode",
        "Check a code typed in the browser",
        "A wrong code answers 200 with status `pending` and the attempts left.",
        security=_KEY_OR_TOKEN,
        parameters=["id"],
        body="TypedCode",
        responses={"200": _verification("The verification after the check.", ["ETag"])},
        problems=(*_BODY, "not_found", "over", "no_code"),
    )


def _resend() -> dict[str, Any]:
    return _action(
        "resendCode",
        "Send another code",
        "The previous code stops working; the attempts left stay the same.",
        security=_KEY_OR_TOKEN,
        problems=("over", "no_code", "limited"),
    )


def _cancel() -> dict[str, Any]:
    return _action(
        "cancelVerification",
        "Cancel a verification",
        "The phone gets no text about it.",
        security=_KEY_OR_TOKEN,
        problems=("over",),
    )


def _redeem() -> dict[str, Any]:
    return _action(
        "redeemVerification",
        "Redeem the approval",
        "Succeeds once, within 15 minutes of the approval: it is good for one login. With an "
        "`Idempotency-Key`, the same call can be repeated for 24 hours and answers 200 again.",
        security=_API_KEY,
        problems=("over", "forbidden"),
        parameters=["id", "Idempotency-Key"],
        headers=["ETag", "Idempotency-Replayed"],
    )


def _qr() -> dict[str, Any]:
    return _operation(
        "drawQr",
        "The sms: link as a QR code",
        "The caller must know both the id and the ref.",
        security=_NO_CREDENTIAL,
        parameters=["id", "ref"],
        responses={"200": _response("The picture.", "image/svg+xml", {"type": "string"})},
        problems=("not_found",),
    )


def _action(
    id: str,
    summary: str,
    description: str,
    *,
    security: Security,
    problems: Iterable[str],
    parameters: Iterable[str] = ("id",),
    headers: Iterable[str] = ("ETag",),
) -> dict[str, Any]:
    """A call whose body is empty."""
    return _operation(
        id,
        summary,
        description,
        security=security,
        parameters=parameters,
        responses={"200": _verification("The verification after the call.", headers)},
        problems=("not_found", "too_large", "invalid", *problems),
    )


def _operation(
    id: str,
    summary: str,
    description: str,
    *,
    security: Security,
    parameters: Iterable[str],
    responses: dict[str, Any],
    problems: Iterable[str],
    body: str | None = None,
) -> dict[str, Any]:
    always = ("unauthorized", *_ALWAYS) if security else _ALWAYS
    operation: dict[str, Any] = {
        "operationId": id,
        "summary": summary,
        "description": description,
        "security": security,
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in parameters],
        "responses": responses | problem_references((*always, *problems)),
    }
    if body is not None:
        examples = {"usual": {"value": _BODIES[body]}}
        content = {"application/json": {"schema": _schema(body), "examples": examples}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _verification(description: str, headers: Iterable[str]) -> dict[str, Any]:
    return _response(description, "application/json", _schema("Verification"), headers)


def _response(
    description: str, media_type: str, schema: dict[str, Any], headers: Iterable[str] = ()
) -> dict[str, Any]:
    return {
        "description": description,
        "headers": header_references(headers),
        "content": {media_type: {"schema": schema}},
    }


def _schema(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}
