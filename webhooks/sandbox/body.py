"""Reads request bodies: limited in size, and JSON. The caller words the error."""

import msgspec
from starlette.requests import Request


class TooLargeError(Exception):
    """The body is larger than its limit."""


class MalformedError(Exception):
    """The body is not valid JSON."""


async def read(request: Request, limit: int) -> bytes:
    """The raw body. Raises TooLargeError once more than `limit` bytes are read."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLargeError
    return bytes(body)


def decode(raw: bytes) -> object:
    """The JSON value. Raises MalformedError, also for NaN and lone surrogates, which Python's
    own `json` accepts."""
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError) as error:
        raise MalformedError from error
