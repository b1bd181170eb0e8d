"""The fields of a submitted form: bounded, the first of each name."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from webhooks.http.asgi import TooLarge, read_body_in_time
from webhooks.http.limits import API_BODY_BYTES
from webhooks.pages.refusal import Refusal

_MEDIA_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELDS = 20


async def fields(request: Request) -> dict[str, str]:
    """The fields by name. Raises Refusal for a body that is too large or of another kind."""
    media_type = request.headers.get("content-type", _MEDIA_TYPE).partition(";")[0].strip().lower()
    try:
        body = await read_body_in_time(request.scope, request.receive, API_BODY_BYTES)
    except TooLarge:
        raise Refusal("too_large", 413) from None
    if body and media_type != _MEDIA_TYPE:
        raise Refusal("unreadable", 415)
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise Refusal("unreadable", 400) from None
    return dict(reversed(pairs))
