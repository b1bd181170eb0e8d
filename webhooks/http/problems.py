"""Errors over HTTP: RFC 9457 problem documents, one shape for all, without internal details."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from webhooks.http.limits import HEAD_BYTES

MEDIA_TYPE = "application/problem+json"

#: Name → status and title.
PROBLEMS: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "Malformed request"),
    "unauthorized": (401, "A valid API key or poll token is required"),
    "forbidden": (403, "Not allowed"),
    "signature": (403, "Invalid webhook signature"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "Method not allowed"),
    "timeout": (408, "Request not complete in time"),
    "over": (409, "The verification's status does not allow this"),
    "no_code": (409, "No active code"),
    "too_large": (413, "Request body too large"),
    "unsupported_media_type": (415, "The request body must be JSON"),
    "invalid": (422, "Invalid request"),
    "idempotency_mismatch": (422, "Idempotency key already used for a different request"),
    "limited": (429, "Too many requests"),
    "headers_too_large": (431, "Request head too large"),
    "internal": (500, "Internal error"),
    "unavailable": (503, "Temporarily unavailable"),
}
_BY_STATUS = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
RETRY_AFTER_S = 2


def type_of(name: str) -> str:
    """The `type` of a problem document: a URN."""
    return f"urn:textlogin:problem:{name}"


class Problem(Exception):
    """An error response. Raise it anywhere while a request is handled.

    `members` are added to the document, `headers` to the response.
    """

    def __init__(
        self,
        name: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(name)
        self.status, title = PROBLEMS[name]
        self.headers = dict(headers or {})
        self.body = msgspec.json.encode(
            {
                "type": type_of(name),
                "title": title,
                "status": self.status,
                "detail": detail,
                **members,
            }
        )

    def response(self) -> Response:
        """The problem as a Starlette response."""
        return Response(self.body, self.status, self.headers, MEDIA_TYPE)


def unavailable() -> Problem:
    """503: the database is down or a queue is full. The client may send the same request again."""
    return Problem(
        "unavailable",
        "The service is temporarily unavailable. Try again in a moment.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def too_many_waiting() -> Problem:
    """503 that also closes the connection, so that its descriptor is free at once."""
    problem = unavailable()
    problem.headers["Connection"] = "close"
    return problem


def headers_too_large() -> Problem:
    """431 that also closes the connection."""
    detail = f"The request line and the headers may have {HEAD_BYTES // 1024} KiB together."
    return Problem("headers_too_large", detail, headers={"Connection": "close"})


def timed_out(part: str) -> Problem:
    """408 that also closes the connection: the head or the body of the request took too long."""
    detail = f"The {part} of the request was not complete in time."
    return Problem("timeout", detail, headers={"Connection": "close"})


def invalid(member: str, detail: str) -> Problem:
    """422 that names one invalid member, parameter or header."""
    return Problem("invalid", f"{member}: {detail}", errors=[{"member": member, "detail": detail}])


async def on_problem(request: Request, problem: Exception) -> Response:
    """Starlette's exception handler for `Problem`."""
    assert isinstance(problem, Problem)
    return problem.response()


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own errors (404, 405) as problem documents."""
    assert isinstance(error, HTTPException)
    name = _BY_STATUS.get(error.status_code, "malformed")
    phrase = HTTPStatus(error.status_code).phrase
    return Problem(name, f"{phrase}.", headers=error.headers).response()


async def on_disconnected(request: Request, error: Exception) -> Response:
    """The client has left. Nobody reads this response; it only prevents an error in the log."""
    return Response(status_code=400)


async def on_error(request: Request, error: Exception) -> Response:
    """500 without details. Starlette logs the traceback."""
    return Problem("internal", "An unexpected error occurred. It has been logged.").response()
