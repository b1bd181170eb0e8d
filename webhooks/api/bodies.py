"""Request bodies of the JSON API: read up to a size limit, then validated. No unknown members.

The OpenAPI document is generated from the same models.
"""

from __future__ import annotations

import json
import re
from ipaddress import ip_address
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from bot.label import safe_label
from bot.records import CodeEntry, Method
from webhooks.http.asgi import TooLarge, header, read_body_in_time
from webhooks.http.limits import API_BODY_BYTES
from webhooks.http.problems import Problem, invalid

B = TypeVar("B", bound="Body")

_NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
IDEMPOTENCY_KEY = "[!-~]{1,255}"
_LISTED_ERRORS = 20


def _make_safe(value: str | None) -> str | None:
    return None if value is None else safe_label(value)


def _check_ip(value: str | None) -> str | None:
    try:
        return None if value is None else str(ip_address(value))
    except ValueError:
        raise ValueError("must be an IP address") from None


class Body(BaseModel):
    """Strict: no type coercion, no unknown members."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Requester(Body):
    """Who is logging in, as far as the web app knows."""

    ip: Annotated[
        Annotated[str, Field(max_length=45)] | None,
        AfterValidator(_check_ip),
    ] = Field(
        None,
        description="The browser's IP address; it counts towards CODES_PER_IP_HOUR.",
        examples=["203.0.113.9"],
    )
    label: Annotated[str | None, AfterValidator(_make_safe)] = Field(
        None,
        description="Who asks, named in the text with the code. Any text: what SMS cannot carry "
        "and 4 or more digits in a row are dropped, then it is cut to 24 characters.",
        examples=["Chrome, Paris"],
    )


class NewVerification(Body):
    """What a web app wants verified."""

    method: Method = Field(
        description="`text`: the user texts LOGIN and the ref. `sms`: a code is sent now.",
    )
    phone_number: (
        Annotated[str, Field(min_length=1, max_length=64, pattern=_NO_CONTROLS)] | None
    ) = Field(
        None,
        description="Required with `sms`. With `text`, only this phone can use the ref.",
        examples=["+14155550123"],
    )
    code_entry: CodeEntry | None = Field(
        None,
        description="Where the code is entered: on the `page`, or in a text `reply`. `page` unless "
        "the web app was registered otherwise; with `sms` always.",
    )
    locale: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")] | None = (
        Field(
            None,
            description="Language of the texts (BCP 47): en, es, fr, de or pt. Without one of "
            "these, the language that the phone texts in, else that of its region.",
            examples=["en"],
        )
    )
    reference: Annotated[str, Field(max_length=128, pattern=_NO_CONTROLS)] | None = Field(
        None,
        description="Your own reference, at most 128 characters; never sent to the phone.",
        examples=["cart-42"],
    )
    requester: Requester | None = Field(
        None, description="Who is logging in, as far as the web app knows."
    )
    callback_url: Annotated[str, Field(max_length=2048, pattern=r"^https?://[!-~]+$")] | None = (
        Field(
            None,
            description="https URL that the final status is posted to; the demo also takes http on "
            "loopback. Registered web apps only.",
            examples=["https://app.example/hooks/textlogin"],
        )
    )
    expires_in: Annotated[int, Field(ge=60, le=1800)] | None = Field(
        None, description="Seconds until it expires.", examples=[900]
    )


class TypedCode(Body):
    """A code that the user typed in the browser."""

    code: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        description="As it was typed; separators do not matter.", examples=["123456"]
    )


async def read(request: Request, model: type[B]) -> B:
    """The validated body. Raises Problem."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem("unsupported_media_type", "Send application/json.")
    return _validate(model, await _body(request))


async def read_nothing(request: Request) -> None:
    """Accept no body or an empty object. Raises Problem."""
    body = await _body(request)
    if body.strip():
        _validate(Body, body)


def idempotency_key(request: Request) -> str | None:
    """The `Idempotency-Key` header, None if there is none. Raises Problem."""
    value = header(request.scope, b"idempotency-key")
    if value is None:
        return None
    key = value.decode("latin-1")
    if not re.fullmatch(IDEMPOTENCY_KEY, key, re.ASCII):
        raise invalid("Idempotency-Key", "must be 1 to 255 printable ASCII characters")
    return key


async def _body(request: Request) -> bytes:
    try:
        return await read_body_in_time(request.scope, request.receive, API_BODY_BYTES)
    except TooLarge:
        raise Problem("too_large", "A body can have at most 16 KiB.") from None


def _validate(model: type[B], body: bytes) -> B:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _problem(error, body) from None


def _problem(error: ValidationError, body: bytes) -> Problem:
    found = error.errors(include_input=False, include_url=False, include_context=False)
    if found[0]["type"] == "json_invalid" or not _is_json(body):
        return Problem("malformed", "The body is not JSON.")
    errors = [
        {
            "member": ".".join(map(str, one["loc"]))[:100] or "body",
            "detail": _detail(one["type"], one["msg"]),
        }
        for one in found[:_LISTED_ERRORS]
    ]
    members = ", ".join(one["member"] for one in errors)
    return Problem("invalid", f"Not valid: {members[:200]}", errors=errors)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _detail(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "Unknown member."
    return message.removeprefix("Value error, ")[:200]
