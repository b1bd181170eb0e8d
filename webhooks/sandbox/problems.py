"""Errors of the phones' API: RFC 9457 `application/problem+json`."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webhooks.sandbox.body import MalformedError, TooLargeError

_NAMES = {400: "malformed", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class InvalidError(Exception):
    """An invalid request: what is wrong, by member or parameter ("" for the whole body)."""

    def __init__(self, wrong: dict[str, str]) -> None:
        super().__init__(*wrong)
        self.errors = [{"member": member, "detail": detail} for member, detail in wrong.items()]


class UnavailableError(Exception):
    """The demo's database cannot be written."""


async def answer(request: Request, exc: Exception) -> Response:
    """The exception handler of the phones' API."""
    match exc:
        case InvalidError():
            return _problem(422, "invalid", "The request is not valid.", errors=exc.errors)
        case TooLargeError():
            return _problem(413, _NAMES[413], "The body is too large.")
        case MalformedError():
            return _problem(400, _NAMES[400], "The body is not valid JSON.")
        case UnavailableError():
            return _problem(503, "unavailable", "The demo's database cannot be written.")
        case HTTPException():
            return _problem(exc.status_code, _NAMES[exc.status_code], exc.detail)
        case _:
            raise exc


def forbidden(detail: str) -> Response:
    """403: the caller may not use the sandbox."""
    return _problem(403, "forbidden", detail)


def _problem(status: int, name: str, detail: str, **more: object) -> Response:
    problem = {
        "type": f"urn:textlogin:problem:{name}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return JSONResponse(problem | more, status, media_type="application/problem+json")


HANDLERS = dict.fromkeys(
    (InvalidError, TooLargeError, MalformedError, UnavailableError, HTTPException), answer
)
