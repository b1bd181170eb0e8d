"""Reading request bodies: no larger than agreed, and JSON. Who asked words the error."""

import msgspec
from starlette.requests import Request


class TooLargeError(Exception):
    """The body is over its bound."""


class MalformedError(Exception):
    """The body is no JSON."""


async def read(request: Request, limit: int) -> bytes:
    """The raw body, at most `limit` bytes; what lies beyond is not read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLargeError
    return bytes(body)


def decode(raw: bytes) -> object:
    """The JSON value; stricter than the standard library: no NaN, no lone surrogates."""
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError) as error:
        raise MalformedError from error
