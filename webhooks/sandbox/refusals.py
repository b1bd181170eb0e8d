"""Telnyx's own errors: an HTTP status and `{"errors": [{"code", "title", "detail"}]}`.

Codes and titles: developers.telnyx.com, "API error codes" and "Messaging error codes".
"""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webhooks.sandbox.body import MalformedError, TooLargeError

_TITLES = {
    "10002": "Invalid phone number",
    "10004": "Missing required parameter",
    "10005": "Resource not found",
    "10007": "Unexpected error",
    "10009": "Authentication failed",
    "10011": "Too many requests",
    "10015": "Bad Request",
    "40001": "Not routable",
    "40006": "Recipient server unavailable",
    "40010": "Not 10DLC registered",
    "40300": "Blocked due to STOP message",
    "40302": "Message too large",
}


class RefusalError(Exception):
    """A request that Telnyx refuses."""

    def __init__(self, status: int, code: str, detail: str, *, member: str | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.error = error(code, detail)
        if member is not None:
            self.error["source"] = {"pointer": f"/{member}"}


def authenticate(request: Request) -> None:
    """Any bearer key is accepted. Raises a 401."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise RefusalError(401, "10009", "The required authentication headers were not included.")


def error(code: str, detail: str) -> dict[str, Any]:
    """One entry of an `errors` list, in a response or a receipt."""
    url = f"https://developers.telnyx.com/docs/overview/errors/{code}"
    return {"code": code, "title": _TITLES[code], "detail": detail, "meta": {"url": url}}


async def answer(request: Request, exc: Exception) -> Response:
    """The exception handler of Telnyx's API."""
    refusal = _refusal(exc)
    return JSONResponse({"errors": [refusal.error]}, status_code=refusal.status)


def _refusal(exc: Exception) -> RefusalError:
    match exc:
        case RefusalError():
            return exc
        case TooLargeError():
            return RefusalError(413, "10015", "The body is too large.")
        case MalformedError():
            return RefusalError(400, "10015", "The body is not valid JSON.")
        case HTTPException(status_code=405):
            return RefusalError(405, "10015", "The method is not allowed here.")
        case _:
            return RefusalError(404, "10005", "The requested resource or URL could not be found.")


HANDLERS = dict.fromkeys((RefusalError, TooLargeError, MalformedError, HTTPException), answer)
