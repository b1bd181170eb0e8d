"""Request bodies of the JSON API: read within bounds, then validated, unknown members refused.

The models also make the OpenAPI document, so what is documented is what is checked.
"""

from __future__ import annotations

import json
import re
from ipaddress import ip_address
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from bot.wording import gsm_7_length, has_digit_run
from webhooks.http.asgi import TooLarge, header, read_body
from webhooks.http.problems import Problem, invalid

LARGEST_BODY = 16 * 1024
LONGEST_KEY = 255
B = TypeVar("B", bound="Body")

_NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
_LABEL_MARKS = " ,-"
_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)


def _label(value: str) -> str:
    """It stands in a text beside the code: short, plain, and never to be taken for one."""
    if any(not character.isalnum() and character not in _LABEL_MARKS for character in value):
        raise ValueError("letters, digits, space, comma and hyphen only")
    if gsm_7_length(value) is None or not value.strip():
        raise ValueError("letters that SMS can carry (GSM-7) only")
    if has_digit_run(value, 4):
        raise ValueError("no 4 digits in a row: they could be taken for a code")
    return value


def _ip(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        raise ValueError("not an IP address") from None


class Body(BaseModel):
    """Strict: no coercion, nothing unknown."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Requester(Body):
    """Who is logging in, as far as the web app knows."""

    ip: Annotated[
        Annotated[str, Field(max_length=45)] | None,
        AfterValidator(lambda value: None if value is None else _ip(value)),
    ] = Field(
        None,
        description="The browser's address: it counts towards CODES_PER_IP_HOUR.",
        examples=["203.0.113.9"],
    )
    label: Annotated[
        Annotated[str, Field(min_length=1, max_length=24)] | None,
        AfterValidator(lambda value: None if value is None else _label(value)),
    ] = Field(
        None,
        description="Who asks, as the text will name them: at most 24 letters, digits, spaces, "
        "commas and hyphens, no 4 digits in a row.",
        examples=["Chrome, Paris"],
    )


class NewVerification(Body):
    """What a web app wants verified."""

    method: Literal["text", "sms"] = Field(
        description="`text`: the user texts LOGIN and the letters. `sms`: a code goes out now.",
    )
    phone_number: (
        Annotated[str, Field(min_length=1, max_length=64, pattern=_NO_CONTROLS)] | None
    ) = Field(
        None,
        description="Needed with `sms`. With `text` only this phone may claim the request.",
        examples=["+14155550123"],
    )
    code_entry: Literal["reply", "page"] | None = Field(
        None,
        description="Where the code is given back. `sms` is always `page`.",
    )
    locale: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")] | None = (
        Field(
            None,
            description="Language of the texts (BCP 47); English where there is none.",
            examples=["en"],
        )
    )
    reference: Annotated[str, Field(max_length=128, pattern=_NO_CONTROLS)] | None = Field(
        None, description="Yours, at most 128 characters, in no text.", examples=["cart-42"]
    )
    requester: Requester | None = None
    callback_url: Annotated[str, Field(max_length=2048, pattern=r"^https?://[!-~]+$")] | None = (
        Field(
            None,
            description="Where the final status is posted to; https. Registered web apps only.",
            examples=["https://app.example/hooks/textlogin"],
        )
    )
    expires_in: Annotated[int, Field(ge=60, le=1800)] | None = Field(
        None, description="Seconds it stays open.", examples=[900]
    )


class TypedCode(Body):
    """A code as it was typed."""

    code: Annotated[str, Field(min_length=1, max_length=64)] = Field(examples=["123456"])


async def read(request: Request, model: type[B]) -> B:
    """The validated body. Raises Problem."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem("unsupported_media_type", "Send application/json.")
    return _validate(model, await _body(request))


async def read_nothing(request: Request) -> None:
    """A call without members: no body, or an empty object. Raises Problem."""
    body = await _body(request)
    if body.strip():
        _validate(Body, body)


def idempotency_key(request: Request) -> str | None:
    """The header, if there is one. Raises Problem."""
    value = header(request.scope, b"idempotency-key")
    if value is None:
        return None
    key = value.decode("latin-1")
    if not _KEY.fullmatch(key):
        raise invalid("Idempotency-Key", "1 to 255 printable ASCII characters")
    return key


async def _body(request: Request) -> bytes:
    try:
        return await read_body(request.scope, request.receive, LARGEST_BODY)
    except TooLarge:
        raise Problem("too_large", "The body has at most 16 KiB.") from None


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
            "member": ".".join(map(str, bad["loc"]))[:100] or "body",
            "detail": _detail(bad["type"], bad["msg"]),
        }
        for bad in found[:20]
    ]
    members = ", ".join(bad["member"] for bad in errors)
    return Problem("invalid", f"Not valid: {members[:200]}", errors=errors)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _detail(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "There is no such member."
    return message.removeprefix("Value error, ")[:200]
