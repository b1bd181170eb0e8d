"""Request bodies of the JSON API: read within bounds, then validated, unknown members refused."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from webhooks.asgi import TooLarge, read_body
from webhooks.problems import Problem

LARGEST_BODY = 16 * 1024
B = TypeVar("B", bound="Body")

_NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"


class Body(BaseModel):
    """Strict: no coercion, nothing unknown."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NewVerification(Body):
    """`POST /v1/verifications`."""

    method: Literal["text", "sms"]
    phone_number: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    code_entry: Literal["reply", "page"] | None = None
    reference: Annotated[str, Field(max_length=128, pattern=_NO_CONTROLS)] | None = None


class TypedCode(Body):
    """`POST /v1/verifications/{id}/check`."""

    code: Annotated[str, Field(min_length=1, max_length=64)]


async def read(request: Request, model: type[B]) -> B:
    """The validated body. Raises Problem."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise Problem("unsupported_media_type", "Send application/json.")
    try:
        body = await read_body(request.scope, request.receive, LARGEST_BODY)
    except TooLarge:
        raise Problem("too_large", "The body has at most 16 KiB.") from None
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _problem(error) from None


def invalid(member: str, detail: str) -> Problem:
    """422 for one member."""
    return Problem(
        "invalid",
        f"{member}: {detail}",
        errors=[{"member": member, "detail": detail}],
    )


def _problem(error: ValidationError) -> Problem:
    found = error.errors(include_input=False, include_url=False, include_context=False)
    if found[0]["type"] == "json_invalid":
        return Problem("malformed", "The body is not JSON.")
    errors = [
        {
            "member": ".".join(map(str, bad["loc"])) or "body",
            "detail": _detail(bad["type"], bad["msg"]),
        }
        for bad in found[:20]
    ]
    members = ", ".join(bad["member"] for bad in errors)
    return Problem("invalid", f"Not valid: {members[:200]}", errors=errors)


def _detail(kind: str, message: str) -> str:
    return "There is no such member." if kind == "extra_forbidden" else message[:200]
