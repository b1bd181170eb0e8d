"""Errors over HTTP: RFC 9457 problem documents, one shape for all, which leak nothing."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"

#: Name → status and title.
PROBLEMS: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "The request can't be read"),
    "unauthorized": (401, "A valid API key or poll token is needed"),
    "forbidden": (403, "Not with this credential"),
    "signature": (403, "The signature doesn't fit"),
    "not_found": (404, "There is nothing here"),
    "method_not_allowed": (405, "Not with this method"),
    "over": (409, "The verification is not in a state for this"),
    "no_code": (409, "No code is alive"),
    "too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The body must be JSON"),
    "invalid": (422, "The request is not valid"),
    "idempotency_mismatch": (422, "The idempotency key was used for another request"),
    "limited": (429, "Too many requests"),
    "internal": (500, "Something went wrong here"),
    "unavailable": (503, "Not available just now"),
}
_BY_STATUS = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
RETRY_AFTER = 2


class Problem(Exception):
    """Raised anywhere in a request; becomes its response."""

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
                "type": f"urn:textlogin:problem:{name}",
                "title": title,
                "status": self.status,
                "detail": detail,
                **members,
            }
        )

    def response(self) -> Response:
        """The document."""
        return Response(self.body, self.status, self.headers, MEDIA_TYPE)


def unavailable() -> Problem:
    """Storage is down or too much is waiting: the same request may be sent again."""
    return Problem(
        "unavailable",
        "The service can't do this just now. Try again in a moment.",
        headers={"Retry-After": str(RETRY_AFTER)},
    )


def invalid(member: str, detail: str) -> Problem:
    """422 for one member."""
    return Problem("invalid", f"{member}: {detail}", errors=[{"member": member, "detail": detail}])


async def on_problem(request: Request, problem: Exception) -> Response:
    """Starlette's handler for `Problem`."""
    assert isinstance(problem, Problem)
    return problem.response()


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own refusals, in our shape."""
    assert isinstance(error, HTTPException)
    name = _BY_STATUS.get(error.status_code, "malformed")
    phrase = HTTPStatus(error.status_code).phrase
    return Problem(name, f"{phrase}.", headers=error.headers).response()


async def on_disconnected(request: Request, error: Exception) -> Response:
    """Nobody is left to read it; and no fault of ours, so not logged as one."""
    return Response(status_code=400)


async def on_error(request: Request, error: Exception) -> Response:
    """Our own fault: said without a word of what it was. Starlette logs the traceback."""
    return Problem("internal", "The error has been logged.").response()
